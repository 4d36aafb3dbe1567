/**
 * The live queues behind the columns: which doctors there are and the newest view of each. Everything the console
 * shows of a queue comes from here, and only from snapshots the server sent.
 */

import { api } from "../base/api.js";
import { Live } from "../base/live.js";
import { session } from "../base/session.js";

const RELOAD_DOCTORS = 60_000;

/** Fires `doctors` when the set changes, `view` (detail: doctor id) on each snapshot, `status` with the line's state. */
export class Queues extends EventTarget {
  /** @type {Map<string, object>} */
  doctors = new Map();
  views = new Map();
  /** Every doctor of the clinic, also those without a column here: one may join or be moved to any queue. */
  everyone = new Map();
  #user;
  #live;
  #timer;
  #lastToken = null;

  constructor(user) {
    super();
    this.#user = user;
    this.#live = new Live("/ws/console/", { hello: (again) => this.#hello(again) });
    this.#live.addEventListener("snapshot", ({ detail }) => this.#take(detail));
    // A doctor was removed: the column goes.
    this.#live.addEventListener("problem", ({ detail }) => detail.code === "not_found" && this.reload().catch(() => null));
    this.#live.addEventListener("status", () => this.dispatchEvent(new Event("status")));
  }

  async start() {
    await this.reload();
    this.#live.open();
    this.#timer = setInterval(() => this.reload().catch(() => null), RELOAD_DOCTORS);
  }

  close() {
    clearInterval(this.#timer);
    this.#live.close();
  }

  get status() {
    return this.#live.status;
  }

  /** Seconds since the server was last heard. */
  get silence() {
    return this.#live.silence;
  }

  /** Read the doctors again: an administrator may have added one. A doctor sees the own queue. */
  async reload() {
    const all = await api.all("/api/doctors/");
    const mine = this.#user.role === "doctor" ? all.filter((doctor) => doctor.id === this.#user.doctor_id) : all;
    const before = [...this.doctors.keys()].join();
    this.everyone = new Map(all.map((doctor) => [doctor.id, doctor]));
    this.doctors = new Map(mine.map((doctor) => [doctor.id, doctor]));
    if (before !== [...this.doctors.keys()].join()) this.#live.send(this.#subscription());
    this.dispatchEvent(new Event("doctors"));
  }

  /** Resolves once the view shows the command that was answered with `seq` (or soon after, if the line is down). */
  reached(doctorId, seq) {
    if ((this.views.get(doctorId)?.seq ?? 0) >= seq) return Promise.resolve();
    return new Promise((done) => {
      const finish = () => {
        clearTimeout(timer);
        this.removeEventListener("view", look);
        done();
      };
      const look = ({ detail }) => detail === doctorId && this.views.get(doctorId).seq >= seq && finish();
      const timer = setTimeout(finish, 3_000);
      this.addEventListener("view", look);
    });
  }

  async #hello(again) {
    const token = await session.token(again ? this.#lastToken : null);
    if (!token) throw new Error("signed out");
    this.#lastToken = token;
    return [{ type: "authenticate", token }, this.#subscription()];
  }

  #subscription() {
    return { type: "subscribe", doctors: [...this.doctors.keys()] };
  }

  #take(message) {
    if (message.type !== "queue" || !this.doctors.has(message.doctor_id)) return;
    this.views.set(message.doctor_id, message.data);
    this.dispatchEvent(new CustomEvent("view", { detail: message.doctor_id }));
  }
}
