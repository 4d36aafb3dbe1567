/**
 * Lets the TV page start without network: files come from the network as long as it answers, else from the copy kept
 * of them. Data is never kept here; the page remembers its last board by itself.
 */

const KEPT = "kiosk";
const FILES = /^\/(kiosk\/|static\/base\/|static\/i18n\/)/;
const NEVER = /^\/kiosk\/(qr|join)\//;
const PATIENCE = 4_000;

addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(clients.claim()));

addEventListener("fetch", (event) => {
  const { pathname, origin } = new URL(event.request.url);
  if (event.request.method !== "GET" || origin !== location.origin || !FILES.test(pathname) || NEVER.test(pathname)) return;
  event.respondWith(answer(event.request));
});

/** The page names what it was made of before this worker was there. */
addEventListener("message", (event) => {
  event.waitUntil(Promise.allSettled((event.data.files ?? []).map((url) => answer(new Request(url)))));
});

async function answer(request) {
  const cache = await caches.open(KEPT);
  try {
    const response = await fetch(request, { signal: AbortSignal.timeout(PATIENCE) });
    if (response.ok) await cache.put(key(request), response.clone());
    if (response.status < 500) return response;
  } catch {
    // Told below.
  }
  return (await cache.match(key(request))) ?? Response.error();
}

/** The page is the same whatever its address says besides. */
const key = (request) => (request.mode === "navigate" ? "/kiosk/" : request.url);
