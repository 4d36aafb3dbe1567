/**
 * The server's clock as seen from this page. Waits are counted against it, so that a wrong clock on a
 * reception computer or a phone never shows a wrong wait.
 */

/** When the server last said what time it is: its milliseconds, and the moment here. */
let anchor = null;

/** This moment, to measure from with `since`. */
export const mark = () => ({ wall: Date.now(), running: performance.now() });

/**
 * Milliseconds since a `mark`. A clock that is set back would make time stand still, and the one that only runs forward
 * sleeps with some computers: the longer of the two counts.
 */
export const since = ({ wall, running }) => Math.max(0, Date.now() - wall, performance.now() - running);

/** The server said that it was `iso` a moment ago (`/api/clinic/` or any live message). */
export function observe(iso) {
  const at = Date.parse(iso);
  if (Number.isNaN(at)) return;
  // A message can be old, never from the future: the first reading counts, later ones only push forward.
  if (!anchor || at > serverNow()) anchor = { at, seen: mark() };
}

/** An exact reading, which replaces what was known (the clock of this computer may have been set). */
export function synchronise(iso) {
  anchor = null;
  observe(iso);
}

/** Now by the server's clock, in milliseconds since 1970. */
export const serverNow = () => (anchor ? anchor.at + since(anchor.seen) : Date.now());

/** Whole minutes since `iso`, never negative. */
export const minutesSince = (iso) => Math.max(0, Math.floor((serverNow() - Date.parse(iso)) / 60_000));
