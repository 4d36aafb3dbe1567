/** The last board, kept in this browser: a screen that starts without network shows it with its age. */

import { keep, kept } from "./store.js";

const EVERY = 5_000;
const waiting = new Map();

/** Keep `data` for `place`; written at most every five seconds, the newest always. */
export function remember(place, data) {
  const entry = { data, at: Date.now() };
  const before = waiting.get(place);
  if (before) {
    before.next = entry;
    return;
  }
  write(place, entry);
}

/** What was kept. @returns {{data: object, at: number}|null} `at` by this computer's clock */
export function recall(place) {
  const found = kept(`kiosk.${place}`);
  return found?.data && Number.isFinite(found.at) ? found : null;
}

function write(place, entry) {
  keep(`kiosk.${place}`, entry);
  const pause = { next: null };
  waiting.set(place, pause);
  setTimeout(() => {
    waiting.delete(place);
    if (pause.next) write(place, pause.next);
  }, EVERY);
}
