/** Tells the clinic how this screen is: over its own socket, when it opens, now and then, and when something changes. */

import { mark, since } from "/static/base/clock.js";
import { ownRelease } from "./release.js";

const EVERY = 20_000;

let errors = 0;
addEventListener("error", () => (errors += 1));
addEventListener("unhandledrejection", () => (errors += 1));

export class Health {
  #chime;
  #sent = "";
  #at = mark();

  /** @param {{allowed: boolean, possible: boolean}} chime */
  constructor(chime) {
    this.#chime = chime;
  }

  /** Called every second and after each message. @param {{connected: boolean, seq: number, silence: number, send(message: object): void}} feed */
  report(feed) {
    if (!feed.connected) {
      this.#sent = "";
      return;
    }
    const state = {
      type: "health",
      version: ownRelease(),
      sound: this.#chime.possible ? (this.#chime.allowed ? "allowed" : "blocked") : "none",
      visible: document.visibilityState === "visible",
      width: innerWidth,
      height: innerHeight,
      ratio: devicePixelRatio,
      errors,
    };
    const text = JSON.stringify(state);
    if (text === this.#sent && since(this.#at) < EVERY) return;
    this.#sent = text;
    this.#at = mark();
    feed.send({ ...state, seq: feed.seq, stale_seconds: feed.silence });
  }
}
