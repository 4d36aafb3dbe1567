/**
 * The board: one row per doctor, turned page by page when there are more than fit, and the row of those who are
 * asked back to the desk. Elements are kept and only their texts change, so that a board can run for months.
 */

import { mark, since } from "/static/base/clock.js";
import { h, reconcile, setAttribute, setText } from "/static/base/dom.js";
import { t } from "/static/base/i18n.js";
import { fit } from "./fit.js";
import { codesOf, linesOf, makeRow, trimRows, updateRow } from "./rows.js";
import { setWords } from "./words.js";

const PAGE_FOR = 12_000;
/** From this many lines on, room and name stand in one line: on a landscape screen, and on an upright one without the next. */
const DENSE_FROM = 6;
const DENSE_UPRIGHT_FROM = 8;
const FEW = 2;
const USUAL_CODE = 4;
/**
 * What each layout tries, in this order: with those who come next, only who is called, and that in two columns where
 * the screen is wide. The last one is paged.
 */
const MODES = { auto: ["full", "now", "columns"], list: ["full"], large: ["now", "columns"] };
/** A board that was too full for the next ones does not bring them back at once: it would jump to and fro. */
const CALM = 60_000;

export class Board {
  #place;
  #return;
  #missed;
  #message;
  #rows = null;
  #views = [];
  #layout = "auto";
  #first = 0;
  #shown = 0;
  #turned = mark();
  #crowded = null;
  /** The size of type that fitted each way of laying out. */
  #steps = new Map();
  #upright = matchMedia("(orientation: portrait)");

  /** @param {HTMLElement} place @param {HTMLElement} returnRow @param {HTMLElement} missed */
  constructor(place, returnRow, missed) {
    this.#place = place;
    this.#return = returnRow;
    this.#missed = missed;
    this.#message = place.firstElementChild;
    new ResizeObserver(() => this.again()).observe(place);
  }

  /** @param {object[]} views in the board's order @param {{allUnknown: boolean, initials?: object, display?: object|null}} queues */
  show(views, { allUnknown, initials = {}, display = null }) {
    this.#layout = display?.layout ?? "auto";
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
    setWords(rows.firstElementChild.children[0], () => t("kiosk.now"));
    setWords(rows.firstElementChild.children[1], () => t("kiosk.next"));
    this.#lay(rows);
    const all = this.#shown === this.#views.length;
    const last = this.#first + this.#shown;
    setText(rows.querySelector(".page"), all ? "" : t("kiosk.page", { from: Math.min(this.#first + 1, last), to: last, count: this.#views.length }));
  }

  /** Called every second: show the doctors that did not fit when their time has come. */
  turn() {
    if (since(this.#turned) < PAGE_FOR) return;
    this.#turned = mark();
    if (this.#shown === this.#views.length) return;
    this.#first += this.#shown;
    this.again();
  }

  /** All doctors on one screen if any way of laying them out holds them, else as many as fit. */
  #lay(rows) {
    const modes = (MODES[this.#layout] ?? MODES.auto).filter((mode) => mode !== "columns" || !this.#upright.matches);
    const calm = modes[0] === "full" && modes.length > 1 && this.#crowded && since(this.#crowded) < CALM;
    const whole = (calm ? modes.slice(1) : modes).find((mode) => this.#fill(rows, this.#views, mode));
    if (!calm) this.#crowded = whole === modes[0] ? null : mark();
    const left = whole ? this.#views : this.#views.slice(this.#first);
    if (whole) this.#first = 0;
    this.#shown = left.length;
    while (!whole && this.#shown > 1 && !this.#fill(rows, left.slice(0, this.#shown), modes.at(-1))) this.#shown -= 1;
    // Two pages of six rather than one of ten and one of two.
    const pages = Math.ceil(this.#views.length / this.#shown);
    const even = Math.ceil(this.#views.length / pages);
    if (!whole && even < this.#shown && this.#fill(rows, left.slice(0, even), modes.at(-1))) this.#shown = even;
  }

  #fill(rows, views, mode) {
    const lines = views.reduce((total, view) => total + linesOf(view), 0);
    const upright = this.#upright.matches;
    const columns = mode === "columns";
    const dense = upright ? mode === "now" && lines >= DENSE_UPRIGHT_FROM : columns || lines >= DENSE_FROM;
    setAttribute(rows, "data-mode", columns ? "now" : mode);
    setAttribute(rows, "data-columns", columns ? "2" : null);
    rows.style.setProperty("--lines", Math.ceil(views.length / 2));
    setAttribute(rows, "data-dense", dense);
    setAttribute(rows, "data-few", !upright && lines <= FEW);
    const wide = views.flatMap(codesOf).some(({ code }) => code.length > USUAL_CODE);
    setAttribute(rows, "data-long-codes", wide);
    const said = views.map((view) => ({ ...view, brief: columns }));
    reconcile(rows.lastElementChild, said, (view) => view.doctor.id, makeRow, updateRow);
    const step = fit(rows, () => trimRows(rows.lastElementChild.children, said), this.#steps.get(mode));
    if (step !== null) this.#steps.set(mode, step);
    return step !== null;
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
