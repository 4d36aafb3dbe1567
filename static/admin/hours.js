/** Weekly hours as one line per day: "09:00–12:30, 14:00–17:00"; an empty line is a day off. */

import { h, uniqueId } from "../base/dom.js";
import { currentLanguage, t } from "../base/i18n.js";

const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
/** A Monday, to name the weekdays in the reader's language. */
const MONDAY = Date.UTC(2024, 0, 1);
const DAY = 86_400_000;

/** A control for `buildForm`. Without `hours` it reads as null: the server's sensible default. */
export function hoursControl(hours) {
  const name = new Intl.DateTimeFormat(currentLanguage(), { weekday: "long", timeZone: "UTC" });
  const inputs = DAYS.map((day, index) => {
    const label = name.format(new Date(MONDAY + index * DAY));
    const input = h("input", { "aria-label": label, placeholder: t("doctor.day_off"), autocomplete: "off" });
    input.value = write(hours?.[day]);
    const wrong = h("p", { class: "wrong", id: uniqueId("hours"), hidden: true });
    input.setAttribute("aria-describedby", wrong.id);
    input.addEventListener("input", () => show({ input, wrong }, ""));
    return { day, input, label, wrong };
  });
  const element = h("div", { class: "hours" }, ...inputs.flatMap(({ label, input, wrong }) => [h("label", { class: "hours-day" }, h("span", { text: label }), input), wrong]));
  const read = () => {
    const values = Object.fromEntries(inputs.map(({ day, input }) => [day, parse(input.value)]));
    return !hours && Object.values(values).every((day) => !day.length) ? null : values;
  };
  /** The fault stands at its day (`hours.mon.0`); without one, nothing is wrong with any. */
  const refuse = (message, path) => {
    if (!message) inputs.forEach((each) => show(each, ""));
    const wrong = inputs.find(({ day }) => path.includes(day));
    if (wrong) show(wrong, message);
    return Boolean(wrong);
  };
  const focus = () => (inputs.find(({ input }) => input.getAttribute("aria-invalid")) ?? inputs[0]).input.focus();
  return { element, focusable: inputs[0].input, group: true, read, refuse, focus };
}

function show({ input, wrong }, message) {
  wrong.textContent = message;
  wrong.hidden = !message;
  if (message) input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
}

const write = (ranges = []) => ranges.map(([from, to]) => `${from}–${to}`).join(", ");

/** Whatever cannot be read is sent as it stands: the server names what is wrong with it. */
const parse = (text) =>
  text
    .split(/[,;]/)
    .map((part) => part.trim())
    .filter(Boolean)
    .map((part) => part.split(/\s*[–—-]\s*/).map((time) => time.replace(/^(\d):/, "0$1:")));
