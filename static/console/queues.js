/**
 * The live queues behind the columns: which doctors there are and the newest view of each. Everything the console
 * shows of a queue comes from here, and only from snapshots the server sent.
 */

import { api } from "../base/api.js";
import { News, staffLine } from "../base/news.js";

/** Fires `doctors` when the set changes, `view` (detail: doctor id) on each snapshot, `status` with the line's state. */
export class Queues extends EventTarget {
  /** @type {Map<string, object>} */
  doctors = new Map();
  views = new Map();
  /** Every doctor of the clinic, also those without a column here: one may join or be moved to any queue. */
  everyone = new Map();
  #user;
  #live;

  constructor(user) {
    super();
    this.#user = user;
    this.#live = staffLine(() => this.#subscription());
    /** What else the line tells of: {@link News}. */
    this.news = new News(this.#live);
    // An administrator added or renamed a doctor.
    this.news.addEventListener("doctors", () => this.reload().catch(() => null));
    this.#live.addEventListener("snapshot", ({ detail }) => this.#take(detail));
    // A doctor was removed: the column goes.
    this.#live.addEventListener("problem", ({ detail }) => detail.code === "not_found" && this.reload().catch(() => null));
    this.#live.addEventListener("status", () => this.dispatchEvent(new Event("status")));
  }

  async start() {
    await this.reload();
    this.#live.open();
  }

  close() {
    this.news.close();
    this.#live.close();
  }

  get status() {
    return this.#live.status;
  }

  /** Seconds since the server was last heard. */
  get silence() {
    return this.#live.silence;
  }

  /** Read the doctors again. A doctor sees the own queue. */
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

  #subscription() {
    return { type: "subscribe", doctors: [...this.doctors.keys()], desk: true };
  }

  #take(message) {
    if (message.type !== "queue" || !this.doctors.has(message.doctor_id)) return;
    this.views.set(message.doctor_id, message.data);
    this.dispatchEvent(new CustomEvent("view", { detail: message.doctor_id }));
  }
}
