/** Today's appointments beside the columns: who is expected, and checking in with one press. */

import { api } from "../base/api.js";
import { dayOf, clockTime, t } from "../base/i18n.js";
import { minutesSince, serverNow } from "../base/clock.js";
import { h, reconcile, setText } from "../base/dom.js";
import { moveFocus } from "../base/focus.js";
import { appointmentStateName } from "../base/labels.js";
import { notice } from "../base/page.js";
import { explain } from "../base/problems.js";
import { Steady } from "./steady.js";

/** The visit did not take place, so that the patient may be checked in once more. */
const GIVEN_UP = new Set(["cancelled", "left"]);
const ENDED = new Set([...GIVEN_UP, "done"]);

export class Appointments {
  #queues;
  #commands;
  #list = h("ul", { class: "expected" });
  #empty = h("p", { class: "empty", text: t("appointments.none_today"), hidden: true });
  /** Why the list could not be loaded, and why somebody was not checked in, which stands until the next try. */
  #problem = h("div");
  #refusal = h("div");
  #heading = h("h2", { id: "expected", tabindex: -1, text: t("appointments.today") });
  #asked = 0;
  #steady;
  #shown = [];
  #day = "";
  /** Whether each booking's ticket stood in its queue when that was last heard of. */
  #seen = new Map();

  /** @param queues {@link Queues} @param commands {@link Commands} */
  constructor(queues, commands) {
    this.#queues = queues;
    this.#commands = commands;
    this.element = h(
      "aside",
      { class: "side", "aria-labelledby": "expected", id: "appointments" },
      this.#heading,
      h("div", { role: "alert" }, this.#problem, this.#refusal),
      this.#list,
      this.#empty,
    );
    this.#steady = new Steady(this.element, ".expected-row");
    this.toggle = h("a", { class: "button button-plain side-link", href: "#appointments", text: t("appointments.today") });
    // Somebody expected may have joined as a walk-in; and what went wrong for want of a line is over with it.
    queues.addEventListener("view", ({ detail }) => this.#hear(detail));
    queues.news.addEventListener("appointments", () => this.reload());
    queues.addEventListener("status", () => queues.status === "live" && this.reload());
    this.reload();
  }

  /** Time goes on: who is late by now, and at midnight whose day it is. */
  tick() {
    if (this.#day && this.#day !== dayOf(serverNow())) this.reload();
    else this.#render();
  }

  focus() {
    this.element.querySelector("button:not([hidden])")?.focus();
  }

  async reload() {
    const asked = (this.#asked += 1);
    try {
      const day = dayOf(serverNow());
      const items = await api.all("/api/appointments/", { date: day });
      if (asked !== this.#asked) return; // a newer answer stands already, or is on its way
      this.#day = day;
      this.#problem.replaceChildren();
      this.#shown = items.filter((item) => item.state !== "cancelled" && this.#queues.doctors.has(item.doctor_id));
      for (const { ticket_id, ticket_state } of this.#shown) {
        if (ticket_id && !this.#seen.has(ticket_id)) this.#seen.set(ticket_id, !ENDED.has(ticket_state));
      }
      this.#shown.sort((one, other) => one.start.localeCompare(other.start));
      this.#render();
    } catch (problem) {
      this.#problem.replaceChildren(notice("attention", explain(problem)));
    }
  }

  /** A queue's new view: a ticket that has gone from it, or come back, may have arrived no more, or again. */
  #hear(doctorId) {
    const { current, called, waiting, on_hold, missed } = this.#queues.views.get(doctorId);
    const ids = new Set([current, called, waiting, on_hold, missed].flat().map((ticket) => ticket.id));
    let changed = false;
    for (const { doctor_id, ticket_id } of this.#shown) {
      if (doctor_id !== doctorId || !ticket_id) continue;
      changed ||= this.#seen.get(ticket_id) !== ids.has(ticket_id);
      this.#seen.set(ticket_id, ids.has(ticket_id));
    }
    if (changed) this.reload();
    else this.#render();
  }

  #render() {
    this.#empty.hidden = this.#shown.length > 0;
    this.#steady.during(() => reconcile(this.#list, this.#shown, (item) => item.id, () => this.#create(), (row, item) => this.#update(row, item)));
  }

  #create() {
    const button = h("button", { class: "button", type: "button", text: t("appointments.check_in") });
    return h(
      "li",
      { class: "expected-row" },
      h("span", { class: "expected-time" }),
      h("span", { class: "expected-name", dir: "auto" }),
      h("span", { class: "soft small expected-doctor" }),
      h("span", { class: "expected-state" }, button, h("span", { class: "soft small" })),
    );
  }

  #update(row, item) {
    const [time, name, doctor, state] = row.children;
    const [button, word] = state.children;
    setText(name, item.patient?.name ?? "");
    setText(doctor, this.#queues.doctors.get(item.doctor_id)?.name ?? item.doctor);
    const waiting = item.state === "booked";
    const gone = item.state === "checked_in" && GIVEN_UP.has(item.ticket_state);
    const ticket = waiting || gone ? this.#ticketOf(item) : null;
    button.hidden = !(waiting || gone) || Boolean(ticket);
    button.setAttribute("aria-label", t("appointments.check_in_name", { name: item.patient?.name ?? "" }));
    button.onclick = () => this.#checkIn(button, item);
    const late = waiting && !ticket && serverNow() > Date.parse(item.start);
    setText(word, ticket ? t("appointments.in_queue", { code: ticket.code }) : waiting ? "" : appointmentStateName(item));
    setText(time, late ? t("appointments.late", { time: clockTime(item.start), minutes: minutesSince(item.start) }) : clockTime(item.start));
    row.toggleAttribute("data-late", late);
  }

  /** The place the patient already has in this doctor's queue, joined without the booking. */
  #ticketOf(item) {
    const view = this.#queues.views.get(item.doctor_id);
    if (!view) return null;
    return [view.current, view.called, view.waiting, view.on_hold].flat().find((ticket) => ticket.patient?.id === item.patient_id) ?? null;
  }

  async #checkIn(button, item) {
    if (button.getAttribute("aria-busy")) return;
    button.setAttribute("aria-busy", "true");
    this.#refusal.replaceChildren();
    const held = document.activeElement === button;
    try {
      const { ticket } = await this.#commands.checkIn(item.id);
      this.#commands.checkedIn(t("done.checked_in", { name: item.patient?.name ?? "" }), ticket, item.id);
      await this.reload();
      // The pressed button has gone with its row's state: the keyboard goes on to the next one who is expected.
      const free = [button, document.body].includes(document.activeElement);
      if (held && free && button.hidden) moveFocus(this.#next(button) ?? this.#heading);
    } catch (problem) {
      this.#refusal.replaceChildren(notice("attention", explain(problem)));
    } finally {
      button.removeAttribute("aria-busy");
    }
  }

  #next(pressed) {
    const buttons = [...this.#list.querySelectorAll("button")];
    const open = (button) => !button.hidden;
    return buttons.slice(buttons.indexOf(pressed)).find(open) ?? buttons.find(open);
  }
}
