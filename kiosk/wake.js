/** Keeps the screen on while the page is visible; off HTTPS browsers do not offer it, and the TV's own settings must do. */

const AGAIN = 60_000;

export function keepAwake() {
  if (!("wakeLock" in navigator)) return;
  let lock = null;
  // The lock is lost whenever the page is hidden, and whenever the system wants it back.
  const take = async () => {
    if (document.visibilityState !== "visible" || (lock && !lock.released)) return;
    lock = await navigator.wakeLock.request("screen").catch(() => null);
  };
  document.addEventListener("visibilitychange", take);
  setInterval(take, AGAIN);
  take();
}
