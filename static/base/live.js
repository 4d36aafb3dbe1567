/**
 * The one live-socket client. It connects, introduces itself, keeps only news (per connection the greater `(seq, at)`
 * of each subject; a new one begins anew, since the server may have gone back to an earlier copy of its data),
 * notices silence, and comes back by itself with growing, jittered pauses: after a server restart, a network loss or
 * a sleeping laptop. Every message is a whole snapshot, so nothing has to be caught up on.
 *
 *   const live = new Live("/ws/console/", { hello: async () => [{ type: "authenticate", token }] });
 *   live.addEventListener("snapshot", ({ detail }) => …);   // detail: the message {type, seq, at, data, …}
 *   live.addEventListener("status", () => live.status);     // connecting | live | stale | offline | refused
 *   live.open();
 */

import { mark, observe, since, synchronise } from "./clock.js";

/** The server speaks every 15 s; two missed heartbeats are staleness, three a dead line. */
const STALE_AFTER = 35_000;
const DEAD_AFTER = 50_000;
const CHECK_EVERY = 5_000;
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 15_000;
const REFUSED_PAUSE = 60_000;
const SIGNED_OUT = 4401;
const NOT_ALLOWED = 4403;
const UNKNOWN = 4404;

export class Live extends EventTarget {
  #path;
  #hello;
  #socket = null;
  #timer = null;
  #watch = null;
  #failures = 0;
  #newest = new Map();
  #heard = null;
  #since = null;
  #wanted = false;
  status = "connecting";
  /** The last close code, for pages that word 4401, 4403 and 4404 differently. */
  closeCode = null;

  /**
   * @param {string} path @param {{hello?: (again: boolean) => Promise<object[]>}} [options] `hello` gives the
   * messages to send first; `again` is true after the server refused the last ones with 4401.
   */
  constructor(path, { hello = async () => [] } = {}) {
    super();
    this.#path = path;
    this.#hello = hello;
  }

  open() {
    if (this.#wanted) return;
    this.#wanted = true;
    this.#watch = setInterval(this.#check, CHECK_EVERY);
    addEventListener("online", this.#now);
    addEventListener("offline", this.#gone);
    document.addEventListener("visibilitychange", this.#seen);
    this.#connect();
  }

  close() {
    this.#wanted = false;
    clearInterval(this.#watch);
    clearTimeout(this.#timer);
    removeEventListener("online", this.#now);
    removeEventListener("offline", this.#gone);
    document.removeEventListener("visibilitychange", this.#seen);
    this.#abandon();
  }

  /** Say something now (a new subscription); the same must be part of `hello` for the next connection. */
  send(message) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  /** Seconds since the server was last heard; null before the first message. */
  get silence() {
    return this.#heard ? Math.round(since(this.#heard) / 1000) : null;
  }

  async #connect() {
    clearTimeout(this.#timer);
    this.#abandon();
    let first;
    try {
      first = await this.#hello(this.closeCode === SIGNED_OUT);
    } catch {
      this.#later();
      return;
    }
    if (!this.#wanted || this.#socket) return;
    this.#since = mark();
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}${this.#path}`);
    this.#socket = socket;
    this.#newest.clear();
    socket.addEventListener("open", () => first.forEach((message) => socket.send(JSON.stringify(message))));
    socket.addEventListener("message", ({ data }) => socket === this.#socket && this.#receive(data));
    socket.addEventListener("close", ({ code }) => socket === this.#socket && this.#closed(code));
  }

  #receive(text) {
    const message = JSON.parse(text);
    this.#heard = mark();
    // A heartbeat is made as it is sent, so it also finds out a clock that was set; a snapshot may be older.
    if (message.type === "heartbeat") synchronise(message.at);
    else if (message.at) observe(message.at);
    if (message.type === "error") {
      this.dispatchEvent(new CustomEvent("problem", { detail: message }));
      return;
    }
    this.#failures = 0;
    this.closeCode = null;
    this.#say("live");
    if (message.type !== "heartbeat" && this.#isNews(message)) {
      this.dispatchEvent(new CustomEvent("snapshot", { detail: message }));
    }
  }

  #isNews(message) {
    const subject = `${message.type}:${message.doctor_id ?? message.data?.id ?? ""}`;
    const at = Date.parse(message.at);
    const last = this.#newest.get(subject);
    if (last && (message.seq < last.seq || (message.seq === last.seq && at < last.at))) return false;
    this.#newest.set(subject, { seq: message.seq, at });
    return true;
  }

  #closed(code) {
    this.#socket = null;
    this.closeCode = code;
    this.#later();
  }

  #later() {
    if (!this.#wanted) return;
    this.#failures += 1;
    const refused = this.closeCode === NOT_ALLOWED || this.closeCode === UNKNOWN;
    // Signing in again is tried at once; if that too is refused it is a refusal like the others.
    const signedOut = this.closeCode === SIGNED_OUT;
    this.#say(refused || (signedOut && this.#failures > 1) ? "refused" : "offline");
    const longest = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** this.#failures);
    const pause = refused ? REFUSED_PAUSE : longest * (0.3 + 0.7 * Math.random());
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#connect(), signedOut && this.#failures === 1 ? 0 : pause);
  }

  #check = () => {
    const quiet = Math.min(...[this.#heard, this.#since].filter(Boolean).map(since));
    if (this.status === "live" && quiet > STALE_AFTER) this.#say("stale");
    // A line that is open but silent (a sleeping laptop, a network that changed) never tells: begin anew.
    if (this.#socket && quiet > DEAD_AFTER) this.#connect();
  };

  #now = () => {
    if (!this.#socket || this.#socket.readyState > WebSocket.OPEN) this.#connect();
    else this.#check();
  };

  #gone = () => this.#say("offline");

  #seen = () => {
    if (document.visibilityState === "visible") this.#now();
  };

  #abandon() {
    const socket = this.#socket;
    this.#socket = null;
    if (socket && socket.readyState < WebSocket.CLOSING) socket.close();
  }

  #say(status) {
    if (status === this.status) return;
    this.status = status;
    this.dispatchEvent(new Event("status"));
  }
}
