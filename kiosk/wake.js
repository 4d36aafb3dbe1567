/** Keeps the screen on while the page is visible; off HTTPS browsers do not offer it, and the TV's own settings must do. */

export function keepAwake() {
  if (!("wakeLock" in navigator)) return;
  const take = () => {
    if (document.visibilityState === "visible") navigator.wakeLock.request("screen").catch(() => null);
  };
  // The lock is lost whenever the page is hidden.
  document.addEventListener("visibilitychange", take);
  take();
}
