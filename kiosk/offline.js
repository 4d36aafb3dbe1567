/** Installs the worker that lets this page start without network, and tells it what the page is made of. */

export function workOffline() {
  navigator.serviceWorker
    ?.register("/kiosk/worker.js", { scope: "/kiosk/" })
    .then(() => navigator.serviceWorker.ready)
    .then(({ active }) => active.postMessage({ files: [location.origin + "/kiosk/", ...files()] }))
    .catch(() => null); // not over plain HTTP, and the page works without it
}

const files = () =>
  performance
    .getEntriesByType("resource")
    .map(({ name }) => name)
    .filter((name) => /\/(kiosk|static\/base|static\/i18n)\/[^?]*\.(js|css|json|svg)$/.test(new URL(name).pathname));
