/**
 * The one way these pages speak to the server: JSON in and out, the session's token, an Idempotency-Key on every
 * POST, and patience. A request lost on the way is sent again with the same key, so nothing is done twice. Every
 * refusal arrives as a `Problem`.
 */

import { session } from "./session.js";

const ATTEMPTS = 5;
const TIMEOUT = 15_000;
/** A file takes as long as the line does. */
const FILE_TIMEOUT = 180_000;
/** The server is there but cannot answer now; it says so in Retry-After. */
const PASSING = new Set([502, 503, 504]);

/** A refusal (RFC 9457), or `code: "offline"` when the server could not be reached. */
export class Problem extends Error {
  constructor(status, body = {}, retryAfter = null) {
    super(body.detail ?? body.title ?? body.code ?? String(status));
    this.status = status;
    this.code = body.code ?? "error";
    this.detail = body.detail ?? "";
    this.errors = body.errors ?? [];
    this.body = body;
    this.retryAfter = retryAfter;
  }
}

/** Tells pages when calls start failing for want of a network, and when they come through again. */
class Connection extends EventTarget {
  online = true;
  set(online) {
    if (online === this.online) return;
    this.online = online;
    this.dispatchEvent(new Event("change"));
  }
}
export const connection = new Connection();

export const api = {
  get: (path, query) => call("GET", withQuery(path, query)),
  /** @param {string} [key] one key per intention: pass the same one when the person tries again */
  post: (path, body = {}, key = newKey()) => call("POST", path, body, key),
  /** @param {Blob} file sent as it is, letters and all */
  upload: (path, query, file, key) => call("POST", withQuery(path, query), file, key),
  patch: (path, body) => call("PATCH", path, body),
  delete: (path) => call("DELETE", path),
  /** All pages of a list. `most` bounds what a page of ours can be asked to hold. */
  async all(path, query = {}, most = 1000) {
    const items = [];
    let cursor = null;
    do {
      const page = await this.get(path, { ...query, limit: 200, cursor });
      items.push(...page.items);
      cursor = page.next_cursor;
    } while (cursor && items.length < most);
    return items;
  },
  /** Fetch a file with the session's token and hand it to the browser to keep. */
  async download(path, query, filename) {
    const blob = await call("GET", withQuery(path, query), undefined, undefined, (response) => response.blob());
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = filename;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 0);
  },
  async signIn(username, password) {
    try {
      return await session.signIn(username, password);
    } catch (failure) {
      throw failure instanceof Response ? await problemOf(failure) : offline();
    }
  },
  async changePassword(old, fresh) {
    try {
      return await session.changePassword(old, fresh);
    } catch (failure) {
      throw failure instanceof Response ? await problemOf(failure) : offline();
    }
  },
};

/** 128 random bits; crypto.randomUUID is hidden from pages that are served without TLS. */
export const newKey = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

async function call(method, path, body, key, read = (response) => response.json()) {
  let refused = null;
  for (let attempt = 1; ; attempt += 1) {
    let response;
    try {
      const token = await session.token(refused);
      response = await send(method, path, body, key, token);
      connection.set(true);
      if (response.status === 401 && token && refused === null) {
        refused = token;
        continue;
      }
    } catch (failure) {
      if (!(failure instanceof Response)) {
        connection.set(false);
        if (attempt >= ATTEMPTS) throw offline();
        await breathe(attempt);
        continue;
      }
      response = failure;
    }
    if (PASSING.has(response.status) && attempt < ATTEMPTS) {
      await breathe(attempt, Number(response.headers.get("Retry-After")));
      continue;
    }
    if (!response.ok) throw await problemOf(response);
    return response.status === 204 ? null : read(response);
  }
}

function send(method, path, body, key, token) {
  const headers = { Accept: "application/json" };
  if (token) headers.Authorization = `Bearer ${token}`;
  const file = body instanceof Blob;
  if (body !== undefined) headers["Content-Type"] = file ? "text/csv" : "application/json";
  if (key) headers["Idempotency-Key"] = key;
  return fetch(path, {
    method,
    headers,
    body: body === undefined || file ? body : JSON.stringify(body),
    credentials: "same-origin",
    signal: AbortSignal.timeout(file ? FILE_TIMEOUT : TIMEOUT),
  });
}

async function problemOf(response) {
  const retryAfter = Number(response.headers.get("Retry-After")) || null;
  const body = await response.json().catch(() => ({}));
  return new Problem(response.status, body, retryAfter);
}

const offline = () => new Problem(0, { code: "offline" });

/** Wait before trying again: what the server asked for, else a growing, jittered pause; at once when back online. */
function breathe(attempt, seconds = 0) {
  const milliseconds = seconds > 0 ? seconds * 1000 : 300 * 2 ** attempt * (0.5 + Math.random() / 2);
  return new Promise((done) => {
    const finish = () => {
      clearTimeout(timer);
      removeEventListener("online", finish);
      done();
    };
    const timer = setTimeout(finish, milliseconds);
    addEventListener("online", finish);
  });
}

function withQuery(path, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== "");
  return given.length ? `${path}?${new URLSearchParams(given)}` : path;
}
