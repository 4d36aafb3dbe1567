/** Appointments as a calendar: a day with a column per doctor, a week of one doctor, or a list. */

import { api } from "../base/api.js";
import { serverNow } from "../base/clock.js";
import { addDays, weekOf } from "../base/days.js";
import { h, reconcile, setAttribute, setText } from "../base/dom.js";
import { currentLanguage, dayOf, longDateOf, shortDateOf, t } from "../base/i18n.js";
import { addDoctorFirst, fill } from "../base/page.js";
import { explain } from "../base/problems.js";
import { appointmentsList, book } from "./appointments.js";
import { attempt } from "./attempt.js";
import { buildGrid } from "./calendar-grid.js";

const KEPT = "calendar";
const BUSY = 1_000;
const NARROW = "(max-width: 47.99rem)";

const atWork = () => document.querySelector("dialog[open], [data-carried]") !== null;

/** @param {import("../base/news.js").News} news tells when somebody else has booked or moved */
export function appointmentsView(news) {
  const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "null") ?? { view: matchMedia(NARROW).matches ? "list" : "day", doctor_id: "" };
  const state = { ...kept, date: dayOf(serverNow()) };
  const body = h("div", { class: "stack" });
  let doctors = [];

  const show = () => {
    sessionStorage.setItem(KEPT, JSON.stringify({ view: state.view, doctor_id: state.doctor_id }));
    bar.update(doctors);
    // Filled, so that a calendar still on its way does not take its place.
    if (state.view === "list") fill(body, () => appointmentsList().element, explain);
    else reload();
  };
  const reload = async () => {
    let restore = () => lookAtNow(body);
    const loaded = async () => {
      const content = await calendar();
      while (atWork()) await new Promise((done) => setTimeout(done, BUSY));
      if (body.querySelector(".calendar-scroll")) restore = keepPlace(body);
      return content;
    };
    await fill(body, loaded, explain);
    restore();
  };
  const calendar = async () => {
    doctors = await api.all("/api/doctors/");
    if (!doctors.length) return h("div", { class: "card" }, addDoctorFirst(true));
    if (!doctors.some(({ id }) => id === state.doctor_id)) state.doctor_id = doctors[0].id;
    bar.update(doctors);
    const columns = state.view === "day" ? doctors.map((doctor) => column(doctor, state.date, doctor.name)) : weekOf(state.date).map((date) => column(chosen(), date, shortDateOf(date)));
    return buildGrid(await Promise.all(columns), reload);
  };
  const column = async (doctor, date, title) => {
    const [slots, appointments] = await Promise.all([
      api.get(`/api/doctors/${doctor.id}/slots/`, { date, language: currentLanguage() }),
      api.all("/api/appointments/", { doctor_id: doctor.id, date }),
    ]);
    return { doctor, date, title, free: slots.items, closed: slots.closed, appointments: appointments.filter(({ state: now }) => now !== "cancelled") };
  };
  const chosen = () => doctors.find(({ id }) => id === state.doctor_id);
  const go = (days) => {
    body.replaceChildren();
    state.date = days === 0 ? dayOf(serverNow()) : addDays(state.date, days);
    show();
  };
  const bar = buildBar(state, { show, go, add: () => attempt(() => book(reload)) });
  const element = h("div", { class: "stack" }, bar.element, body);

  let waiting = null;
  const again = () => {
    clearTimeout(waiting);
    // What somebody is at work on stays as it is until they are done.
    if (atWork()) waiting = setTimeout(again, BUSY);
    else if (state.view !== "list") reload();
  };
  news.addEventListener("appointments", again);
  news.addEventListener("doctors", again);
  show();
  const leave = () => {
    clearTimeout(waiting);
    news.removeEventListener("appointments", again);
    news.removeEventListener("doctors", again);
  };
  return { element, leave };
}

/**
 * What is shown: day, week or list, from when, of whom. Its controls stay the same ones, so that news take the focus from
 * nobody. @returns {{element: Element, update: (doctors: {id: string, name: string}[]) => void}}
 */
function buildBar(state, { show, go, add }) {
  const views = ["day", "week", "list"].map((view) => h("button", { class: "button", type: "button", dataset: { view }, text: t(`calendar.${view}`), on: { click: () => ((state.view = view), show()) } }));
  const group = h("div", { class: "calendar-views", role: "group", "aria-label": t("calendar.view") }, ...views);
  const step = (key, steps) => h("button", { class: "button", type: "button", text: t(key), on: { click: () => go(steps * (state.view === "day" ? 1 : 7)) } });
  const date = h("input", { type: "date", "aria-label": t("list.day") });
  // While a year is being typed it is one of the first centuries.
  date.addEventListener("change", () => date.value >= "2000" && ((state.date = date.value), show()));
  const doctor = h("select", { "aria-label": t("join.doctor") });
  doctor.addEventListener("change", () => ((state.doctor_id = doctor.value), show()));
  const whose = h("label", { class: "filter" }, h("span", { text: t("join.doctor") }), doctor);
  const heading = h("h2", { class: "calendar-date" });
  const onCalendar = [
    step("calendar.before", -1),
    step("calendar.today", 0),
    step("calendar.after", 1),
    h("label", { class: "filter" }, h("span", { text: t("list.day") }), date),
    whose,
    h("button", { class: "button button-primary", type: "button", text: t("appointments.add"), on: { click: add } }),
    heading,
  ];
  const element = h("div", { class: "filters" }, group);

  const update = (doctors) => {
    for (const button of views) setAttribute(button, "aria-pressed", String(button.dataset.view === state.view));
    if (state.view === "list") onCalendar.forEach((each) => each.remove());
    else if (heading.parentElement !== element) element.append(...onCalendar);
    // A date that is half typed reads as none.
    if (date !== document.activeElement || date.value) date.value = state.date;
    const option = ({ id }) => h("option", { value: id });
    reconcile(doctor, doctors, ({ id }) => id, option, (each, { name }) => setText(each, name));
    doctor.value = state.doctor_id;
    whose.hidden = state.view === "day";
    setText(heading, state.view === "day" ? longDateOf(state.date) : (doctors.find(({ id }) => id === state.doctor_id)?.name ?? ""));
  };
  return { element, update };
}

/** What is due comes into sight first: this hour, or what is booked or free first on another day. */
function lookAtNow(body) {
  const scroll = body.querySelector(".calendar-scroll");
  const first = scroll?.querySelector(".calendar-now") ?? scroll?.querySelector(".calendar-appointment, .calendar-free");
  if (first) scroll.scrollTop = first.offsetTop - scroll.querySelector(".calendar-head").offsetHeight;
}

/** Remember what has the focus and how far the calendar is scrolled. @returns {() => void} puts it back in the new one */
function keepPlace(body) {
  const held = body.contains(document.activeElement) ? placed(document.activeElement) : {};
  const { scrollLeft = 0, scrollTop = 0 } = body.querySelector(".calendar-scroll") ?? {};
  return () => {
    body.querySelector(".calendar-scroll")?.scrollTo(scrollLeft, scrollTop);
    if (!held.start) return;
    // It may have moved, or gone: then what is in its place has the focus, or what comes next.
    const cells = [...body.querySelectorAll(".calendar-appointment, .calendar-free")].map((cell) => ({ cell, ...placed(cell) }));
    const itself = ({ id }) => id !== undefined && id === held.id;
    const inPlace = ({ start, doctor }) => doctor === held.doctor && start === held.start;
    const next = ({ start, doctor }) => doctor === held.doctor && start > held.start;
    const found = cells.find(itself) ?? cells.find(inPlace) ?? cells.find(next) ?? cells[0];
    found?.cell.focus({ preventScroll: true });
  };
}

/** Where a booked or free time stands in the calendar. */
const placed = ({ dataset: { id, start, doctor }, appointment }) => ({ id, start: start ?? appointment?.start, doctor: doctor ?? appointment?.doctor_id });
