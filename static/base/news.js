/**
 * The staff's live line: a socket that signs in, and what it says of lists that are read over HTTP (bookings, texts that
 * reached nobody, doctors, settings). The server tells when each last changed; whoever shows one reads it again.
 */

import { Live } from "./live.js";
import { session } from "./session.js";

/** A server that ends between a change and telling the others of it takes the news along. */
const LOOK_ANYWAY = 300_000;
const SUBJECTS = ["appointments", "texts", "doctors", "settings"];

/** @param {() => object} subscription what to subscribe to, asked for each connection @returns {Live} */
export function staffLine(subscription) {
  let lastToken = null;
  const hello = async (again) => {
    const token = await session.token(again ? lastToken : null);
    if (!token) throw new Error("signed out");
    lastToken = token;
    return [{ type: "authenticate", token }, subscription()];
  };
  return new Live("/ws/console/", { hello });
}

/**
 * Fires `appointments`, `texts`, `doctors` or `settings` when that may be other than before; each once when the line opens anew, since
 * what happened meanwhile was not heard.
 */
export class News extends EventTarget {
  #known = {};
  #timer = setInterval(() => SUBJECTS.forEach((subject) => this.dispatchEvent(new Event(subject))), LOOK_ANYWAY);

  /** @param {Live} live whose subscription has `desk: true` */
  constructor(live) {
    super();
    live.addEventListener("snapshot", ({ detail }) => detail.type === "desk" && this.#take(detail.data));
  }

  close() {
    clearInterval(this.#timer);
  }

  #take(changed) {
    for (const [subject, at] of Object.entries(changed)) {
      if (this.#known[subject] === at) continue;
      this.#known[subject] = at;
      this.dispatchEvent(new Event(subject));
    }
  }
}

/** A line for pages without queues: `news` as above, `close` when the page is left. */
export function openNews() {
  const live = staffLine(() => ({ type: "subscribe", doctors: [], desk: true }));
  const news = new News(live);
  live.open();
  const close = () => {
    news.close();
    live.close();
  };
  return { news, close };
}
