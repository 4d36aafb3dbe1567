/** A new release of this page: it loads itself once, between calls. */

const TRIED = "kiosk.release";
const own = document.querySelector('meta[name="release"]')?.content ?? "";

export const ownRelease = () => own;

/** @param {string|null} offered what the server has @param {boolean} busy a call covers the board */
export function followRelease(offered, busy) {
  if (!offered || offered === own || busy) return;
  // A proxy that keeps handing out the old page must not make the screen load it for ever.
  if (sessionStorage.getItem(TRIED) === offered) return;
  sessionStorage.setItem(TRIED, offered);
  location.reload();
}
