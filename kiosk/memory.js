/** The last board, kept in this browser: a screen that starts without network shows it with its age. */

import { lasting } from "./store.js";

const EVERY = 5_000;
const waiting = new Map();

/** Keep `data` for `place`; written at most every five seconds, the newest always. */
export function remember(place, data) {
  const before = waiting.get(place);
  waiting.set(place, { data, at: Date.now(), timer: before?.timer ?? setTimeout(() => write(place), before ? EVERY : 0) });
}

/** What was kept. @returns {{data: object, at: number}|null} */
export function recall(place) {
  return lasting.read(`kiosk.${place}`, null);
}

function write(place) {
  const { data, at } = waiting.get(place);
  // From here on the next one waits its five seconds.
  waiting.set(place, { data, at, timer: setTimeout(() => later(place, at), EVERY) });
  lasting.set(`kiosk.${place}`, JSON.stringify({ data, at }));
}

function later(place, written) {
  if (waiting.get(place)?.at === written) waiting.delete(place);
  else if (waiting.has(place)) write(place);
}
