/** A new release of this page: it loads itself once, between calls. */

import { passing } from "./store.js";

const TRIED = "kiosk.release";
const own = document.querySelector('meta[name="release"]')?.content ?? "";

export const ownRelease = () => own;

/** @param {string|null} offered what the server has @param {boolean} busy a call covers the board */
export function followRelease(offered, busy) {
  if (!offered || offered === own || busy) return;
  // A proxy that keeps handing out the old page must not make the screen load it for ever.
  if (passing.get(TRIED) === offered) return;
  passing.set(TRIED, offered);
  // Where nothing outlasts a reload, nothing would stop the next one either.
  if (passing.lasts) location.reload();
}
