/** How old the board is: said quietly after half a minute, and so that nobody can miss it after two. */

import { setAttribute, setText } from "/static/base/dom.js";
import { t } from "/static/base/i18n.js";

const QUIET_AFTER = 30;
const LOUD_AFTER = 120;

/** @param {HTMLElement} line @param {{silence: number}} queues seconds since the server was last heard */
export function showAge(line, { silence }) {
  const old = silence >= LOUD_AFTER;
  line.hidden = silence <= QUIET_AFTER;
  setAttribute(line, "data-old", old);
  if (line.hidden) return;
  const key = old ? "kiosk.stale_minutes" : "kiosk.stale_seconds";
  setText(line, t(key, { count: old ? Math.floor(silence / 60) : silence }));
}
