/** Calendar days (2026-03-02) as days of a calendar: no time zone and no change of clocks moves them to the one beside. */

const DAY = 86_400_000;

const written = (milliseconds) => new Date(milliseconds).toISOString().slice(0, 10);

/** So many days later, or with a minus earlier. @param {string} day */
export const addDays = (day, days) => written(Date.parse(day) + days * DAY);

/** 0 is Sunday. @param {string} day */
export const weekdayOf = (day) => new Date(day).getUTCDay();

/** Monday to Sunday of the week that `day` lies in. @param {string} day */
export function weekOf(day) {
  const monday = addDays(day, -((weekdayOf(day) + 6) % 7));
  return Array.from({ length: 7 }, (_, index) => addDays(monday, index));
}
