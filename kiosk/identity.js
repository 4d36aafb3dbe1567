/**
 * Which display this screen is: the id and the token it was given when it asked for a code, kept in this browser
 * alone. One computer may drive several screens, each at the address of its display, so tokens are kept by id; the
 * plain address shows the one that was given last.
 */

import { forget, keep, kept } from "./store.js";

const LAST = "kiosk.display";
const TOKENS = "kiosk.token.";
const PATIENCE = 10_000;

/** @typedef {{id: string, token: string}} Identity */

/** @returns {Identity|null} */
export function readIdentity() {
  const [, id] = location.pathname.match(/^\/kiosk\/([^/.]+)\/?$/) ?? [];
  const token = fragment();
  if (id && token) {
    keepIdentity({ id, token });
    // The token must not stay in the address, where it would be seen on the screen and kept in the history.
    history.replaceState(null, "", location.pathname);
  }
  return known(id) ?? known(kept(LAST));
}

/** @param {Identity} identity */
export function forgetIdentity({ id }) {
  forget(TOKENS + id);
  if (kept(LAST) === id) forget(LAST);
}

/** Ask the server for a new id, a token and the code that staff type in. @returns {Promise<Identity>} */
export async function askForIdentity() {
  const response = await fetch("/api/displays/pairing/", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: "{}",
    signal: AbortSignal.timeout(PATIENCE),
  });
  if (!response.ok) throw new Error(String(response.status));
  const offer = await response.json();
  const identity = { id: offer.display_id, token: offer.token };
  keepIdentity(identity);
  return identity;
}

function keepIdentity({ id, token }) {
  keep(TOKENS + id, token);
  keep(LAST, id);
}

function known(id) {
  const token = id ? kept(TOKENS + id) : null;
  return token ? { id, token } : null;
}

function fragment() {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return "";
  }
}
