/** How old the board is: said quietly after half a minute, and so that nobody can miss it after two. */

import { since } from "/static/base/clock.js";
import { setAttribute, setText } from "/static/base/dom.js";
import { t } from "/static/base/i18n.js";

const QUIET_AFTER = 30;
const LOUD_AFTER = 120;
/** From here on minutes tell nothing more; a TV that lost its clock may think it has been years. */
const LONG_AFTER = 3 * 60 * 60;

/**
 * The age in seconds of a board that was kept: since it was written by this computer's clock. A clock that now says an
 * earlier time than then is wrong, and the board is older than we know.
 * @param {{wall: number, running: number}} started when this page began @param {number|null} [written]
 */
export function ageOf(started, written = null) {
  const running = Math.round(since(started) / 1000);
  if (written === null) return running;
  const age = Math.round((Date.now() - written) / 1000);
  return Math.max(running, age < 0 ? LONG_AFTER : age);
}

/** @param {HTMLElement} line @param {{silence: number}} queues seconds since the server was last heard */
export function showAge(line, { silence }) {
  const old = silence >= LOUD_AFTER;
  line.hidden = silence <= QUIET_AFTER;
  setAttribute(line, "data-old", old);
  if (!line.hidden) setText(line, wordsFor(silence));
}

function wordsFor(silence) {
  if (silence >= LONG_AFTER) return t("kiosk.stale_long");
  if (silence >= LOUD_AFTER) return t("kiosk.stale_minutes", { count: Math.floor(silence / 60) });
  return t("kiosk.stale_seconds", { count: silence });
}
