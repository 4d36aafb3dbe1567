/** Which display this screen is: the id and the token it was given when it asked for a code, kept in this browser alone. */

import { lasting } from "./store.js";

const KEPT = "kiosk.display";

/** @returns {{id: string, token: string}|null} */
export function readIdentity() {
  const token = decodeURIComponent(location.hash.slice(1));
  const [, id] = location.pathname.match(/^\/kiosk\/([^/.]+)\/?$/) ?? [];
  if (id && token) {
    keepIdentity({ id, token });
    // The token must not stay in the address, where it would be seen on the screen and kept in the history.
    history.replaceState(null, "", location.pathname);
  }
  const kept = lasting.read(KEPT, null);
  return kept && (!id || kept.id === id) ? kept : null;
}

export const keepIdentity = (identity) => lasting.set(KEPT, JSON.stringify(identity));

export const forgetIdentity = () => lasting.remove(KEPT);

/** Ask the server for a new id, a token and the code that staff type in. */
export async function askForIdentity() {
  const response = await fetch("/api/displays/pairing/", { method: "POST", headers: { "Content-Type": "application/json" }, body: "{}" });
  if (!response.ok) throw new Error(String(response.status));
  const offer = await response.json();
  const identity = { id: offer.display_id, token: offer.token };
  keepIdentity(identity);
  return identity;
}
