/** Tickets on paper: each opens its page in a small window, which prints and goes away. */

import { t } from "../base/i18n.js";
import { toast } from "../base/overlays.js";

const WINDOW = "popup,width=480,height=760";
const SIZE = "paper-size";

/** @param {{id: string, patient?: {language?: string}}} ticket in the patient's language, on the paper used last */
export function printTicket(ticket) {
  const wanted = new URLSearchParams({ size: localStorage.getItem(SIZE) ?? "80mm" });
  if (ticket.patient?.language) wanted.set("lang", ticket.patient.language);
  open(`/t/${encodeURIComponent(ticket.id)}/print?${wanted}`, "ticket-paper", WINDOW)?.focus();
}

/** Which ticket the print key means where no row has the focus: the one made here last, or the one that is being made. */
export class Printing {
  #made = null;
  #coming = new Set();
  #wished = null;

  /** A ticket was made here. */
  made(ticket) {
    this.#made = ticket;
  }

  /** A check-in is taken back: its ticket is worth nothing any more. */
  unmade(ticket) {
    if (this.#made?.id === ticket.id) this.#made = null;
  }

  /** Somebody may be about to join: until it is known, no older ticket is meant. @param {Promise<object|null>} coming their ticket, or null if nobody joins */
  async expect(coming) {
    this.#coming.add(coming);
    await coming.catch(() => null);
    this.#coming.delete(coming);
  }

  /** Whether somebody may be about to join. */
  get coming() {
    return this.#coming.size > 0;
  }

  /** @param {boolean} typing whether somebody was typed who has not been added */
  print(typing) {
    const coming = [...this.#coming].at(-1);
    if (coming) this.#printWhenMade(coming);
    else if (typing) toast(t("print.nobody_yet"));
    else if (this.#made) printTicket(this.#made);
    else toast(t("print.nothing"));
  }

  async #printWhenMade(coming) {
    if (this.#wished === coming) return;
    this.#wished = coming;
    const unsay = toast(t("print.later"));
    const ticket = await coming.catch(() => null);
    unsay();
    if (ticket) printTicket(ticket);
  }
}
