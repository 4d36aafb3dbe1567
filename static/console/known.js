/** What a doctor is to know of the next patient: why they came, in which language, since when. */

import { h } from "../base/dom.js";
import { minutesSince } from "../base/clock.js";
import { clockTime, languageName, t } from "../base/i18n.js";
import { priorityName } from "../base/labels.js";

export class Known {
  #ticket = null;
  #who = h("p", { class: "known-who" });
  #facts = h("dl", { class: "known-facts" });

  constructor() {
    this.element = h("div", { class: "known", hidden: true }, h("h3", { text: t("known.next") }), this.#who, this.#facts);
  }

  /** @param {object} view the staff's view of the queue */
  show(view) {
    this.#ticket = view.waiting[0] ?? null;
    this.element.hidden = !this.#ticket;
    if (!this.#ticket) return;
    this.#who.replaceChildren(h("span", { class: "code", text: this.#ticket.code }), " ", h("bdi", { text: this.#ticket.patient.name }));
    this.tick();
  }

  tick() {
    if (!this.#ticket) return;
    const { reason, arrived_at, due_at, patient, priority } = this.#ticket;
    const facts = [
      ["known.reason", reason || t("known.no_reason")],
      ["known.waits", t("row.minutes", { minutes: minutesSince(arrived_at) })],
      ["known.booked", due_at ? clockTime(due_at) : null],
      ["known.language", languageName(patient.language)],
      ["known.priority", priority === "normal" ? null : priorityName(priority)],
    ].filter(([, value]) => value);
    this.#facts.replaceChildren(...facts.flatMap(([key, value]) => [h("dt", { text: t(key) }), h("dd", { text: value, dir: "auto" })]));
  }
}
