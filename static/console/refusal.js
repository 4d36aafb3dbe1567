/** Why a column's last command was not done. It stands until its reader closes it, or what it tells of goes on. */

import { h } from "../base/dom.js";
import { t } from "../base/i18n.js";
import { icon } from "../base/icons.js";
import { notice } from "../base/page.js";

/** A change this soon after the refusal is the one that it tells of: the picture comes by another line. */
const CAUSE_MS = 1_000;

export class Refusal {
  element = h("div", { role: "alert" });
  #closed;
  #told = null;

  /** @param {() => void} closed called once the reader has closed it */
  constructor(closed) {
    this.#closed = closed;
  }

  /** @param {string|null} text null takes it away @param {string} [ticketId] whom it is about @param {object} view the queue's */
  show(text, ticketId, view) {
    this.#told = text && view ? { ticketId, was: subject(view, ticketId), at: performance.now() } : null;
    const held = this.element.contains(document.activeElement);
    this.element.replaceChildren(...(text ? [this.#notice(text)] : []));
    if (held) this.#closed();
  }

  /** The queue's new view: what was refused for the sake of the old one may be no news any more. */
  hear(view) {
    if (!this.#told) return;
    const is = subject(view, this.#told.ticketId);
    if (is === this.#told.was) return;
    if (performance.now() - this.#told.at < CAUSE_MS) this.#told.was = is;
    else this.show(null);
  }

  #notice(text) {
    const said = notice("attention", text);
    const cross = h("button", { class: "button button-plain button-icon", type: "button", "aria-label": t("dialog.close") }, icon("close"));
    cross.addEventListener("click", () => this.show(null));
    said.append(cross);
    return said;
  }
}

/** What of the view a refusal is about: its ticket's state, else whether the queue is open and who is with the doctor. */
function subject({ status, current, called, waiting, on_hold, missed }, ticketId) {
  const here = [...current, ...called];
  if (!ticketId) return [status, ...here.map(({ id, state }) => `${id} ${state}`)].join();
  return [...here, ...waiting, ...on_hold, ...missed].find(({ id }) => id === ticketId)?.state ?? "gone";
}
