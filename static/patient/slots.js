/** Choosing one of a doctor's free times: a day, and that day's times as buttons, morning and afternoon apart. */

import { api } from "../base/api.js";
import { serverNow } from "../base/clock.js";
import { addDays } from "../base/days.js";
import { h, uniqueId } from "../base/dom.js";
import { clockTime, currentLanguage, dayOf, hourOf, shortDateOf, t } from "../base/i18n.js";
import { noTimes } from "../base/labels.js";
import { fill } from "../base/page.js";
import { explain } from "../base/problems.js";

const DAYS = 14;
const NOON = 12;

/** @param {string} doctorId @param {(slot: {start: string, end: string}) => void} choose @returns {Element[]} day and times */
export function slotPicker(doctorId, choose) {
  const today = dayOf(serverNow());
  const days = Array.from({ length: DAYS }, (_, index) => addDays(today, index));
  const slots = h("div", { class: "slots stack tight", role: "status" });
  const showDay = (day) => fill(slots, async () => slotLists(await slotsOf(doctorId, day), choose), explain);
  const options = days.map((day) => h("option", { value: day, text: shortDateOf(day) }));
  const select = h("select", { id: uniqueId("day"), class: "short" }, ...options);
  let chosen = false;
  select.addEventListener("change", () => {
    chosen = true;
    showDay(select.value);
  });
  firstFreeDay(doctorId, days).then((day) => {
    if (chosen) return;
    select.value = day;
    showDay(day);
  });
  return [h("div", { class: "field" }, h("label", { for: select.id, text: t("book.day") }), select), slots];
}

const slotsOf = (doctorId, date) => api.get(`/api/doctors/${encodeURIComponent(doctorId)}/slots/`, { date, language: currentLanguage() });

/** The first of `days` with a free time; the first day when there is none or the server cannot be asked. */
async function firstFreeDay(doctorId, days) {
  for (const day of days) {
    const found = await slotsOf(doctorId, day).catch(() => null);
    if (!found) break;
    if (found.items.length) return day;
  }
  return days[0];
}

function slotLists({ items: free, closed }, choose) {
  if (!free.length) return [h("p", { class: "empty", text: noTimes(closed) })];
  const isMorning = (slot) => hourOf(slot.start) < NOON;
  const groups = [
    [t("book.morning"), free.filter(isMorning)],
    [t("book.afternoon"), free.filter((slot) => !isMorning(slot))],
  ];
  return groups.filter(([, slots]) => slots.length).flatMap(([name, slots]) => [h("h3", { class: "small soft", text: name }), slotList(name, slots, choose)]);
}

const slotList = (name, slots, choose) =>
  h(
    "ul",
    { class: "slot-list", "aria-label": name },
    ...slots.map((slot) => h("li", {}, h("button", { class: "button", type: "button", text: clockTime(slot.start), on: { click: () => choose(slot) } }))),
  );
