/**
 * The server's clock as seen from this page. Waits are counted against it, so that a wrong clock on a
 * reception computer or a phone never shows a wrong wait.
 */

let offset = 0;
let synchronised = false;

/** The server said that it was `iso` a moment ago (`/api/clinic/` or any live message). */
export function observe(iso) {
  const at = Date.parse(iso);
  if (Number.isNaN(at)) return;
  const seen = at - Date.now();
  // A message can be old, never from the future: the first reading counts, later ones only push forward.
  offset = synchronised ? Math.max(offset, seen) : seen;
  synchronised = true;
}

/** An exact reading, which replaces what was known (the clock of this computer may have been set). */
export function synchronise(iso) {
  synchronised = false;
  observe(iso);
}

/** Now by the server's clock, in milliseconds since 1970. */
export const serverNow = () => Date.now() + offset;

/** Whole minutes since `iso`, never negative. */
export const minutesSince = (iso) => Math.max(0, Math.floor((serverNow() - Date.parse(iso)) / 60_000));
