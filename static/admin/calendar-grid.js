/** The calendar's grid: hours down the side, a column each for a doctor or a day, free times and appointments in them. */

import { serverNow } from "../base/clock.js";
import { weekdayOf } from "../base/days.js";
import { h } from "../base/dom.js";
import { moveFocus } from "../base/focus.js";
import { clockTime, dayOf, minuteOf, t } from "../base/i18n.js";
import { icon } from "../base/icons.js";
import { appointmentStateName, closedName } from "../base/labels.js";
import { openDialog } from "../base/overlays.js";
import { book, cancel, checkIn, move } from "./appointments.js";
import { attempt } from "./attempt.js";
import { enableMoving } from "./calendar-move.js";

const HOUR = 60;
const USUAL = [8 * HOUR, 18 * HOUR];
const WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/**
 * @typedef {{doctor: object, date: string, title: string, free: {start: string, end: string}[], closed: object|null, appointments: object[]}} Column
 * @param {Column[]} columns @param {() => void} reload
 */
export function buildGrid(columns, reload) {
  const [from, until] = bounds(columns);
  const hours = Array.from({ length: (until - from) / HOUR }, (_, index) => from / HOUR + index);
  const side = h("div", { class: "calendar-hours", "aria-hidden": "true" }, ...hours.map((hour) => placed(h("span", { text: `${String(hour).padStart(2, "0")}:00` }), hour * HOUR - from, HOUR)));
  const elements = columns.map((column) => buildColumn(column, from, until, reload));
  const grid = h("div", { class: "calendar", role: "group", "aria-label": t("admin.appointments") }, h("div", { class: "calendar-corner" }), ...columns.map(head), side, ...elements);
  grid.style.setProperty("--columns", String(columns.length));
  const status = h("p", { class: "visually-hidden", role: "status" });
  enableMoving(grid, status, reload);
  return [h("p", { class: "small soft", text: t("calendar.hint") }), h("div", { class: "calendar-scroll" }, grid), status];
}

const head = ({ title, closed }) => h("div", { class: "calendar-head" }, h("strong", { dir: "auto", text: title }), closed ? h("span", { class: "small soft", text: closedName(closed) }) : null);

function buildColumn(column, from, until, reload) {
  const { doctor, date, title } = column;
  const weekday = WEEKDAYS[weekdayOf(date)];
  const open = (column.closed ? [] : (doctor.hours[weekday] ?? [])).map((span) => {
    const [start, end] = span.map(clockMinutes);
    return placed(h("div", { class: "calendar-open" }), start - from, end - start);
  });
  const free = column.free.map((slot) => {
    const button = h("button", { class: "calendar-free", type: "button", dataset: { start: slot.start, doctor: doctor.id }, "aria-label": t("calendar.free", { time: clockTime(slot.start), who: title }) });
    button.append(h("span", { "aria-hidden": "true", text: clockTime(slot.start) }));
    button.addEventListener("click", () => !button.closest("[data-carrying]") && attempt(() => book(reload, { doctor_id: doctor.id, start: slot.start })));
    return placed(button, minuteOf(slot.start) - from, length(slot));
  });
  const booked = column.appointments.map((each) => placed(appointment(each, reload), minuteOf(each.start) - from, length(each)));
  const now = minuteOf(new Date(serverNow()).toISOString());
  const line = date === dayOf(serverNow()) && now >= from && now <= until ? [placed(h("div", { class: "calendar-now" }), now - from, 0)] : [];
  const element = h("section", { class: "calendar-column", "aria-label": title }, ...open, ...free, ...booked, ...line);
  element.style.setProperty("--minutes", String(until - from));
  return element;
}

function appointment(each, reload) {
  const name = each.patient?.name ?? "";
  const state = appointmentStateName(each);
  const button = h("button", { class: "calendar-appointment", type: "button", draggable: each.state === "booked" ? "true" : "false", dataset: { state: each.state, id: each.id }, "aria-label": `${clockTime(each.start)} ${name}, ${state}` });
  button.append(h("span", { class: "nowrap", text: clockTime(each.start) }), h("span", { class: "calendar-name", dir: "auto", text: name }), ...(each.state === "booked" ? [] : [icon("check")]));
  button.appointment = each;
  button.addEventListener("click", () => details(each, reload));
  return button;
}

function details(each, reload) {
  const then = (run) => () => {
    dialog.close();
    run(each, reload);
  };
  const today = dayOf(Date.parse(each.start)) === dayOf(serverNow());
  const action = (text, run, look = "") => h("button", { class: `button ${look}`, type: "button", text, on: { click: then(run) } });
  const actions = [
    ...(today ? [action(t("appointments.check_in"), checkIn, "button-primary")] : []),
    action(t("appointments.move"), (...asked) => attempt(() => move(...asked))),
    action(t("appointments.cancel"), cancel, "button-danger"),
  ];
  const words = h("p", {}, `${clockTime(each.start)}–${clockTime(each.end)} · ${each.doctor} · ${appointmentStateName(each)}`);
  const phone = h("p", { class: "soft", dir: "ltr", text: each.patient?.phone_masked ?? "" });
  const dialog = openDialog(each.patient?.name ?? "", h("div", { class: "stack" }, words, phone, each.state === "booked" ? h("div", { class: "buttons" }, ...actions) : null));
  moveFocus(document.activeElement);
}

/** Whole hours around everything there is. */
function bounds(columns) {
  const starts = columns.flatMap(({ doctor, free, appointments }) => [
    ...Object.values(doctor.hours).flat().map(([start]) => clockMinutes(start)),
    ...[...free, ...appointments].map(({ start }) => minuteOf(start)),
  ]);
  const ends = columns.flatMap(({ doctor, appointments }) => [
    ...Object.values(doctor.hours).flat().map(([, end]) => clockMinutes(end)),
    ...appointments.map((each) => minuteOf(each.start) + length(each)),
  ]);
  const from = starts.length ? Math.min(...starts) : USUAL[0];
  const until = ends.length ? Math.max(...ends) : USUAL[1];
  return [Math.floor(from / HOUR) * HOUR, Math.max(Math.ceil(until / HOUR) * HOUR, Math.floor(from / HOUR) * HOUR + HOUR)];
}

const length = ({ start, end }) => (Date.parse(end) - Date.parse(start)) / 60_000;
const clockMinutes = (text) => Number(text.slice(0, 2)) * HOUR + Number(text.slice(3));

function placed(element, at, minutes) {
  element.style.setProperty("--at", String(at));
  element.style.setProperty("--for", String(minutes));
  return element;
}
