/**
 * Who is signed in, in every tab of this browser. The access token lives in this module's memory and in that of
 * the sibling tabs, nowhere else; the refresh token is an HttpOnly cookie that no script can read. Tabs renew one
 * after another under a lock and tell each other the outcome, because a refresh token used twice ends the session.
 */

import { withLock } from "./lock.js";
import { unlock } from "./touch.js";

/** Renew when less than this is left, so that a request never starts with a token about to run out. */
const MARGIN = 60_000;
/** Set while a session may exist, so that visitors who never signed in cost no refused renewal. No secret. */
const HINT = "signed-in";

class Session extends EventTarget {
  #access = null;
  #expires = 0;
  #renewing = null;
  #leaving = null;
  #channel = "BroadcastChannel" in globalThis ? new BroadcastChannel("session") : null;
  /** @type {{id: string, username: string, role: string, name: string, doctor_id: ?string, patient_id: ?string}|null} */
  user = null;

  constructor() {
    super();
    this.#channel?.addEventListener("message", ({ data }) => {
      if (data.signedOut) this.#forget("elsewhere");
      else this.#keep(data.tokens, data.until);
    });
  }

  /** Sign in. Throws the Response when it is refused. */
  async signIn(username, password) {
    await this.#leaving; // its late answer would take away the new session's cookie
    const response = await this.#post("/api/token/", { username, password, cookie: true });
    if (!response.ok) throw response;
    unlock();
    this.#accept(await response.json());
    return this.user;
  }

  /** A new password in place of the old one. Throws the Response when it is refused. */
  async changePassword(old, fresh) {
    const response = await this.#post("/api/me/password/", { old, new: fresh, cookie: true }, await this.token());
    if (!response.ok) throw response;
    unlock();
    this.#accept(await response.json());
    return this.user;
  }

  /** Take up a session that a cookie may still hold. @returns the user, or null when there is none */
  async resume() {
    await this.token();
    return this.user;
  }

  /** A valid access token, renewed if need be; null when nobody is signed in. `stale`: one the server refused. */
  async token(stale = null) {
    if (!this.#access && !localStorage.getItem(HINT)) return null;
    if (this.#access && this.#access !== stale && this.#expires - Date.now() > MARGIN) return this.#access;
    this.#renewing ??= withLock("session", () => this.#renew(stale)).finally(() => (this.#renewing = null));
    return this.#renewing;
  }

  /** Sign out here, or on every device. The page forgets even when the server cannot be reached. */
  async signOut({ everywhere = false } = {}) {
    // The cookie is taken back only from someone who proves to hold it, so an old token is renewed once more.
    const access = await this.token().catch(() => null);
    this.#channel?.postMessage({ signedOut: true });
    this.#forget("asked");
    if (!access) return;
    this.#leaving = this.#post("/api/token/revoke/", { everywhere }, access).catch(() => null);
    await this.#leaving;
  }

  async #renew(stale) {
    if (this.#access && this.#access !== stale && this.#expires - Date.now() > MARGIN) return this.#access;
    const response = await this.#post("/api/token/refresh/");
    if (response.ok) {
      this.#accept(await response.json());
      return this.#access;
    }
    // A refusal ends the session; a server in trouble does not: the caller retries.
    if (response.status !== 401 && response.status !== 403 && response.status !== 422) throw response;
    this.#forget("expired");
    return null;
  }

  #accept(tokens) {
    const until = Date.now() + tokens.expires_in * 1000;
    this.#keep(tokens, until);
    this.#channel?.postMessage({ tokens, until });
  }

  #keep(tokens, until) {
    const before = this.user?.id;
    this.#access = tokens.access;
    this.#expires = until;
    this.user = tokens.user;
    localStorage.setItem(HINT, "1");
    if (before !== this.user.id) this.dispatchEvent(new Event("signedin"));
  }

  #forget(reason) {
    const was = this.user;
    this.#access = null;
    this.#expires = 0;
    this.user = null;
    localStorage.removeItem(HINT);
    if (was) this.dispatchEvent(new CustomEvent("signedout", { detail: { reason } }));
  }

  #post(path, body, access = null) {
    const headers = {};
    if (body) headers["Content-Type"] = "application/json";
    if (access) headers.Authorization = `Bearer ${access}`;
    return fetch(path, {
      method: "POST",
      headers,
      body: body && JSON.stringify(body),
      credentials: "same-origin",
      signal: AbortSignal.timeout(15_000),
    });
  }
}

export const session = new Session();
