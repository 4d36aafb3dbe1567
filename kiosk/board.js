/**
 * The board: one row per doctor, turned page by page when there are more than fit, and the row of those who are
 * asked back to the desk. Elements are kept and only their texts change, so that a board can run for months.
 */

import { h, reconcile, setAttribute, setText } from "/static/base/dom.js";
import { t } from "/static/base/i18n.js";
import { fit } from "./fit.js";
import { codesOf, linesOf, makeRow, updateRow } from "./rows.js";

const PAGE_FOR = 12_000;
/** From this many lines on, a landscape screen keeps room and name in one line. */
const DENSE_FROM = 6;
const FEW = 2;
const USUAL_CODE = 4;

export class Board {
  #place;
  #return;
  #missed;
  #message;
  #rows = null;
  #views = [];
  #first = 0;
  #shown = 0;
  #turned = Date.now();
  #upright = matchMedia("(orientation: portrait)");

  /** @param {HTMLElement} place @param {HTMLElement} returnRow @param {HTMLElement} missed */
  constructor(place, returnRow, missed) {
    this.#place = place;
    this.#return = returnRow;
    this.#missed = missed;
    this.#message = place.firstElementChild;
    new ResizeObserver(() => this.again()).observe(place);
  }

  /** @param {object[]} views in the board's order @param {{allUnknown: boolean, initials?: object}} queues */
  show(views, { allUnknown, initials = {} }) {
    if (allUnknown) setText(this.#message, t("kiosk.unknown_doctor"));
    this.#views = views.map((view) => withInitials(view, initials));
    const missed = views.flatMap((view) => view.missed).map((ticket) => ticket.code);
    this.#return.hidden = !missed.length;
    reconcile(this.#missed, missed, String, () => h("span", { class: "code" }), setText);
    this.again();
  }

  /** Lay out what is known anew: after a change, or when the board has got another size. */
  again() {
    if (!this.#views.length) {
      this.#place.replaceChildren(this.#message);
      return;
    }
    if (this.#first >= this.#views.length) this.#first = 0;
    const rows = this.#list();
    setText(rows.firstElementChild.children[0], t("kiosk.now"));
    setText(rows.firstElementChild.children[1], t("kiosk.next"));
    const left = this.#views.slice(this.#first);
    this.#shown = left.length;
    while (!this.#fill(rows, left.slice(0, this.#shown)) && this.#shown > 1) this.#shown -= 1;
    const all = this.#shown === this.#views.length;
    const last = this.#first + this.#shown;
    setText(rows.querySelector(".page"), all ? "" : t("kiosk.page", { from: Math.min(this.#first + 1, last), to: last, count: this.#views.length }));
  }

  /** Called every second: show the doctors that did not fit when their time has come. */
  turn() {
    if (Date.now() - this.#turned < PAGE_FOR) return;
    this.#turned = Date.now();
    if (this.#shown === this.#views.length) return;
    this.#first += this.#shown;
    this.again();
  }

  #fill(rows, views) {
    const lines = views.reduce((total, view) => total + linesOf(view), 0);
    setAttribute(rows, "data-dense", !this.#upright.matches && lines >= DENSE_FROM);
    setAttribute(rows, "data-few", !this.#upright.matches && lines <= FEW);
    const wide = views.flatMap(codesOf).some(({ code, initials }) => initials || code.length > USUAL_CODE);
    setAttribute(rows, "data-long-codes", wide);
    return fit(rows, () => reconcile(rows.lastElementChild, views, (view) => view.doctor.id, makeRow, updateRow));
  }

  #list() {
    if (!this.#rows) {
      const titles = [h("p"), h("p"), h("p", { class: "page" })];
      this.#rows = h("div", { class: "rows" }, h("div", { class: "titles" }, ...titles), h("ul", { class: "doctors" }));
    }
    if (!this.#rows.isConnected) this.#place.replaceChildren(this.#rows);
    return this.#rows;
  }
}

/** Where the clinic wants them, initials stand beside the codes. */
function withInitials(view, initials) {
  const named = (tickets) => tickets.map((ticket) => ({ ...ticket, initials: initials[ticket.code] ?? "" }));
  return { ...view, called: named(view.called), current: named(view.current), waiting: named(view.waiting) };
}
