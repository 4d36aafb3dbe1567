/** A new release of this page: it loads itself once, between calls. */

import { keep, kept } from "./store.js";

const TRIED = "kiosk.release";
const own = document.documentElement.dataset.version ?? "";

export const ownRelease = () => own;

/** @param {string|null} offered what the server has @param {boolean} busy a call covers the board */
export function followRelease(offered, busy) {
  if (!offered || offered === own || busy) return;
  // A proxy that keeps handing out the old page must not make the screen load it for ever.
  if (kept(TRIED, "session") === offered || !keep(TRIED, offered, "session")) return;
  location.reload();
}
