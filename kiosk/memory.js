/** The last board, kept in this browser: a screen that starts without network shows it with its age. */

const EVERY = 5_000;
const waiting = new Map();

/** Keep `data` for `place`; written at most every five seconds, the newest always. */
export function remember(place, data) {
  const before = waiting.get(place);
  waiting.set(place, { data, at: Date.now(), timer: before?.timer ?? setTimeout(() => write(place), before ? EVERY : 0) });
}

/** What was kept. @returns {{data: object, at: number}|null} */
export function recall(place) {
  try {
    return JSON.parse(localStorage.getItem(`kiosk.${place}`));
  } catch {
    return null;
  }
}

function write(place) {
  const { data, at } = waiting.get(place);
  // From here on the next one waits its five seconds.
  waiting.set(place, { data, at, timer: setTimeout(() => later(place, at), EVERY) });
  try {
    localStorage.setItem(`kiosk.${place}`, JSON.stringify({ data, at }));
  } catch {
    // A full or forbidden store costs only the memory of the last board, not the board.
    waiting.delete(place);
  }
}

function later(place, written) {
  if (waiting.get(place)?.at === written) waiting.delete(place);
  else if (waiting.has(place)) write(place);
}
