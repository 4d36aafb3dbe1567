/** The live queues of this board: one socket per doctor, the newest view of each, and how old the oldest of them is. */

import { mark } from "/static/base/clock.js";
import { Live } from "/static/base/live.js";
import { ageOf } from "./age.js";
import { recall, remember } from "./memory.js";

export class Queues {
  #lives = new Map();
  #views = new Map();
  #started = mark();
  #oldest = null;
  #changed;

  /** @param {string[]} doctors ids in the order they stand on the board @param {() => void} changed */
  constructor(doctors, changed) {
    this.#changed = changed;
    for (const doctor of doctors) {
      const live = new Live(`/ws/queue/${encodeURIComponent(doctor)}/`);
      live.addEventListener("snapshot", ({ detail }) => {
        this.#views.set(doctor, detail.data);
        remember(`queue.${doctor}`, detail.data);
        changed();
      });
      live.addEventListener("status", () => this.#status(doctor, live));
      this.#lives.set(doctor, live);
      const last = recall(`queue.${doctor}`);
      if (!last) continue;
      this.#views.set(doctor, last.data);
      this.#oldest = Math.min(this.#oldest ?? Infinity, last.at);
    }
  }

  open() {
    for (const live of this.#lives.values()) live.open();
  }

  /** The newest view of each doctor that is known, in the board's order. */
  views() {
    return [...this.#lives.keys()].flatMap((doctor) => this.#views.get(doctor) ?? []);
  }

  /** Whether the server knows none of the doctors in the address. */
  get allUnknown() {
    return this.#lives.size > 0 && [...this.#lives.values()].every((live) => live.closeCode === 4404);
  }

  /** Seconds since the server was last heard about the queue that is longest silent. */
  get silence() {
    const waiting = ageOf(this.#started, this.#oldest);
    const known = [...this.#lives.values()].filter((live) => live.closeCode !== 4404);
    return Math.max(0, ...known.map((live) => live.silence ?? waiting));
  }

  /** A doctor who is gone leaves the board; one that cannot be reached stays as last seen. */
  #status(doctor, live) {
    if (live.closeCode === 4404) this.#views.delete(doctor);
    this.#changed();
  }
}
