/** Appointments as a calendar: a day with a column per doctor, a week of one doctor, or a list. */

import { api } from "../base/api.js";
import { serverNow } from "../base/clock.js";
import { h } from "../base/dom.js";
import { currentLanguage, dayOf, longDate, shortDate, t } from "../base/i18n.js";
import { addDoctorFirst, fill } from "../base/page.js";
import { explain } from "../base/problems.js";
import { appointmentsList, book } from "./appointments.js";
import { attempt } from "./attempt.js";
import { buildGrid } from "./calendar-grid.js";

const DAY = 86_400_000;
const KEPT = "calendar";
const BUSY = 1_000;
const NARROW = "(max-width: 47.99rem)";

/** @param {import("../base/news.js").News} news tells when somebody else has booked or moved */
export function appointmentsView(news) {
  const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "null") ?? { view: matchMedia(NARROW).matches ? "list" : "day", doctor_id: "" };
  const state = { ...kept, date: dayOf(serverNow()) };
  const body = h("div", { class: "stack" });
  const bar = h("div", { class: "filters" });
  const element = h("div", { class: "stack" }, bar, body);
  let doctors = [];

  const show = () => {
    sessionStorage.setItem(KEPT, JSON.stringify({ view: state.view, doctor_id: state.doctor_id }));
    bar.replaceChildren(...controls());
    if (state.view === "list") body.replaceChildren(appointmentsList().element);
    else reload();
  };
  const reload = async () => {
    const restore = body.querySelector(".calendar-scroll") ? keepPlace(body) : () => lookAtNow(body);
    await fill(body, calendar, explain);
    restore();
  };
  const calendar = async () => {
    doctors = await api.all("/api/doctors/");
    if (!doctors.length) return h("div", { class: "card" }, addDoctorFirst(true));
    if (!doctors.some(({ id }) => id === state.doctor_id)) state.doctor_id = doctors[0].id;
    bar.replaceChildren(...controls());
    const columns = state.view === "day" ? doctors.map((doctor) => column(doctor, state.date, doctor.name)) : weekOf(state.date).map((date) => column(chosen(), date, shortDate(`${date}T12:00:00Z`)));
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
    state.date = days === 0 ? dayOf(serverNow()) : dayOf(Date.parse(`${state.date}T12:00:00Z`) + days * DAY);
    show();
  };
  const controls = () => {
    const views = ["day", "week", "list"].map((view) =>
      h("button", { class: "button", type: "button", "aria-pressed": String(state.view === view), text: t(`calendar.${view}`), on: { click: () => ((state.view = view), show()) } }),
    );
    const group = h("div", { class: "calendar-views", role: "group", "aria-label": t("calendar.view") }, ...views);
    if (state.view === "list") return [group];
    const step = state.view === "day" ? 1 : 7;
    const button = (key, days) => h("button", { class: "button", type: "button", text: t(key), on: { click: () => go(days) } });
    const date = h("input", { type: "date", "aria-label": t("list.day"), value: state.date });
    date.addEventListener("change", () => date.value && ((state.date = date.value), show()));
    const doctor = h("select", { "aria-label": t("join.doctor"), hidden: state.view === "day" }, ...doctors.map(({ id, name }) => h("option", { value: id, text: name })));
    doctor.value = state.doctor_id;
    doctor.addEventListener("change", () => ((state.doctor_id = doctor.value), show()));
    const add = h("button", { class: "button button-primary", type: "button", text: t("appointments.add"), on: { click: () => attempt(() => book(reload)) } });
    const heading = h("h2", { class: "calendar-date", text: state.view === "day" ? longDate(`${state.date}T12:00:00Z`) : chosen()?.name ?? "" });
    const labelled = (label, control) => h("label", { class: "filter", hidden: control.hidden }, h("span", { text: t(label) }), control);
    return [group, button("calendar.before", -step), button("calendar.today", 0), button("calendar.after", step), labelled("list.day", date), labelled("join.doctor", doctor), add, heading];
  };

  let waiting = null;
  const again = () => {
    clearTimeout(waiting);
    // What somebody is at work on stays as it is until they are done.
    if (document.querySelector("dialog[open], [data-carried]")) waiting = setTimeout(again, BUSY);
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

/** What is due comes into sight first: this hour, or what is booked or free first on another day. */
function lookAtNow(body) {
  const scroll = body.querySelector(".calendar-scroll");
  const first = scroll?.querySelector(".calendar-now") ?? scroll?.querySelector(".calendar-appointment, .calendar-free");
  if (first) scroll.scrollTop = first.offsetTop - scroll.querySelector(".calendar-head").offsetHeight;
}

/** Remember what has the focus and how far the calendar is scrolled. @returns {() => void} puts it back in the new one */
function keepPlace(body) {
  const { start, doctor, id } = body.contains(document.activeElement) ? document.activeElement.dataset : {};
  const { scrollLeft = 0, scrollTop = 0 } = body.querySelector(".calendar-scroll") ?? {};
  return () => {
    body.querySelector(".calendar-scroll")?.scrollTo(scrollLeft, scrollTop);
    const same = id ? `[data-id="${id}"]` : start && `[data-start="${start}"][data-doctor="${doctor}"]`;
    if (same) body.querySelector(same)?.focus({ preventScroll: true });
  };
}

/** Monday to Sunday of the week that `date` lies in. */
function weekOf(date) {
  const noon = Date.parse(`${date}T12:00:00Z`);
  const monday = noon - ((new Date(noon).getUTCDay() + 6) % 7) * DAY;
  return Array.from({ length: 7 }, (_, day) => new Date(monday + day * DAY).toISOString().slice(0, 10));
}
