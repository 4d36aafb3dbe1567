/** One doctor's queue as a column: who is in the room, the one primary button, who waits, is held, was missed. */

import { h, reconcile, setAttribute, setText } from "../base/dom.js";
import { moveFocus } from "../base/focus.js";
import { clockTime, t } from "../base/i18n.js";
import { icon } from "../base/icons.js";
import { queueStatusName, roomName } from "../base/labels.js";
import { openMenu } from "../base/menu.js";
import { action } from "./actions.js";
import { Known } from "./known.js";
import { nextStep, roomsOf } from "./next.js";
import { askPause } from "./pausing.js";
import { Refusal } from "./refusal.js";
import { createRow, ticketOf, tickRow, updateRow } from "./row.js";
import { Steady } from "./steady.js";

// How long a primary button that somebody else's action has changed takes no press: the finger was already falling.
const SETTLE_MS = 300;
// A change this soon after an own command is that command's.
const OWN_MS = 1000;
/** A key this soon after the last command has ended is the second half of a double press. */
const TWICE_MS = 500;

export class Column {
  #doctorId;
  #view = null;
  #context;
  #parts;
  #known;
  #steady;
  #refusal = new Refusal(() => moveFocus(this.#parts.primary.disabled ? this.element : this.#parts.primary));
  #busy = false;
  #offers = null;
  #own = 0;
  #ownEnd = -OWN_MS;
  #changedAt = -SETTLE_MS;
  #settling;

  /** @param {object} doctor @param {{commands: object, queues: object, own: boolean}} desk `own`: its doctor looks at it */
  constructor(doctor, { commands, queues, own }) {
    this.#doctorId = doctor.id;
    this.#context = { commands, queues, room: () => this.room };
    this.#known = own ? new Known() : null;
    this.element = this.#build(doctor);
    this.#steady = new Steady(this.#parts.body);
    this.element.toggleAttribute("data-own", own);
    this.element.dataset.doctor = doctor.id;
  }

  /** The room commands act on: chosen where a team has several, else left to the server. */
  get room() {
    return this.#parts.room.hidden ? undefined : this.#parts.room.value;
  }

  show(view) {
    const held = this.element.contains(document.activeElement) ? document.activeElement : null;
    const ticket = ticketOf(held?.closest(".row"));
    this.#view = view;
    this.#steady.during(() => this.#showView(view));
    if (!held || this.element.contains(document.activeElement)) return;
    // Whoever stood on a row goes along with it, and stays in this column when it has gone.
    moveFocus(this.#moreOf(ticket?.id) ?? this.element, { preventScroll: true });
  }

  /**
   * Before a command on a ticket that is given from its row, or from a dialog that was opened there.
   * @returns {() => void} leads a focus that was lost with it on to the ticket's row, or to the one that is in its place,
   *   or to the column when its row had gone before
   */
  keepFocus(ticketId) {
    const from = document.activeElement;
    const at = this.#mores().indexOf(this.#moreOf(ticketId));
    if (!from?.closest(".row, dialog")) return () => {};
    return () => {
      const now = document.activeElement;
      const lost = [document.body, this.element].includes(now) || now.closest("dialog:not([open])");
      if (!lost) return;
      const mores = at < 0 ? [] : this.#mores();
      moveFocus(this.#moreOf(ticketId) ?? mores[at] ?? mores.at(-1) ?? this.element, { preventScroll: true });
    };
  }

  #mores() {
    return [...this.element.querySelectorAll(".row-more")];
  }

  #moreOf(ticketId) {
    return this.#mores().find((more) => ticketOf(more.closest(".row")).id === ticketId);
  }

  #showView(view) {
    const { name, status, reason, note, body, room } = this.#parts;
    setText(name, view.doctor.name);
    setText(status.firstElementChild, this.#statusText());
    setAttribute(status, "data-status", view.status);
    setText(reason, view.pause?.reason ?? "");
    setText(note, view.pause?.note ? t("column.note", { note: view.pause.note }) : "");
    this.#showRooms(room);
    body.hidden = false;
    this.#parts.loading.hidden = true;
    this.#showRows(this.#parts.now, [...view.current, ...view.called]);
    this.#showSection(this.#parts.waiting, view.waiting, t("column.waiting", { count: view.waiting.length }));
    this.#showSection(this.#parts.held, view.on_hold, t("column.on_hold", { count: view.on_hold.length }));
    this.#showSection(this.#parts.missed, view.missed, t("column.missed", { count: view.missed.length }));
    this.#parts.empty.hidden = view.waiting.length > 0;
    this.#showPrimary();
    this.#refusal.hear(view);
    this.#known?.show(view);
  }

  /** The button of the ticket's row, or null if it has none here. */
  rowOf(ticketId) {
    return this.element.querySelector(`.row[data-key="${ticketId}"] .row-more`);
  }

  /** Count the waits up. */
  tick() {
    for (const row of this.element.querySelectorAll(".row")) tickRow(row);
    this.#known?.tick();
  }

  /** Say under the button why a command was not done; `ticketId`: whom it was about, if not the whole queue. */
  refuse(text, ticketId) {
    this.#refusal.show(text, ticketId, this.#view);
  }

  /** Press the primary button: what it does depends on who is in the room. */
  async primary() {
    if (this.#busy || !this.#view || this.#parts.primary.getAttribute("aria-disabled") === "true") return;
    const { step, ticket } = nextStep(this.#view, this.#parts.room.value);
    const { commands } = this.#context;
    const todo = {
      call: () => commands.callNext(this.#doctorId, { room: this.room, current: null }),
      start: () => commands.ticket(ticket, "start"),
      finish_and_call: () => commands.callNext(this.#doctorId, { room: this.room, current: ticket }),
      finish: () => commands.ticket(ticket, "finish"),
    }[step];
    if (todo) await this.#while(todo);
  }

  /** The buttons stay while the patient before them changes: a press too soon after that is meant for the one before. */
  async #pressSecond(name, ticket, { detail }) {
    const now = performance.now();
    const byKey = detail === 0;
    if (this.#busy || now - this.#changedAt < SETTLE_MS || (byKey && now - this.#ownEnd < TWICE_MS)) return;
    await this.#while(() => action(name, ticket, this.#context).run());
  }

  async #while(todo) {
    const { primary } = this.#parts;
    const held = this.element.contains(document.activeElement);
    this.#busy = true;
    primary.setAttribute("aria-busy", "true");
    await todo();
    this.#busy = false;
    primary.removeAttribute("aria-busy");
    // A button that there is nothing left to press for lets go of the focus.
    if (held && document.activeElement === document.body) moveFocus(primary.disabled ? this.element : primary);
  }

  /** A command from here is under way: what changes by it is no surprise to whoever gave it. @returns {() => void} call it at its end */
  own() {
    this.#own += 1;
    return () => {
      this.#own -= 1;
      this.#ownEnd = performance.now();
    };
  }

  #showPrimary() {
    const { primary, second } = this.#parts;
    const { step, ticket } = nextStep(this.#view, this.#parts.room.value);
    setText(primary.firstElementChild, t(`primary.${step}`));
    primary.disabled = step === "nobody";
    this.#settle(step, ticket);
    const names = { start: ["recall", "no-show"], finish_and_call: ["finish"] }[step] ?? [];
    reconcile(second, names, (name) => name, () => h("button", { class: "button", type: "button" }), (button, name) => {
      setText(button, t(`action.${name}`));
      button.onclick = (event) => this.#pressSecond(name, ticket, event);
    });
  }

  /** A button that offers something else because of somebody else waits a moment before it can be pressed. */
  #settle(step, ticket) {
    const before = this.#offers;
    this.#offers = step === "nobody" ? null : `${step} ${ticket?.id ?? ""}`;
    if (before === null || before === this.#offers || this.#own || performance.now() - this.#ownEnd < OWN_MS) return;
    const { primary } = this.#parts;
    this.#changedAt = performance.now();
    primary.setAttribute("aria-disabled", "true");
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => primary.removeAttribute("aria-disabled"), SETTLE_MS);
  }

  #showRooms(select) {
    const rooms = roomsOf(this.#view);
    select.hidden = rooms.length <= 1;
    const chosen = select.value || localStorage.getItem(`room:${this.#doctorId}`);
    reconcile(select, rooms, (room) => room, (room) => h("option", { value: room }), (option, room) => setText(option, roomName(room)));
    if (rooms.includes(chosen)) select.value = chosen;
    setText(this.#parts.where, rooms.length === 1 ? roomName(rooms[0]) : "");
  }

  #statusText() {
    const { status, pause } = this.#view;
    if (status === "paused" && pause?.until) return t("column.paused_until", { time: clockTime(pause.until) });
    return queueStatusName(status);
  }

  #showSection(section, tickets, title) {
    section.hidden = tickets.length === 0;
    setText(section.firstElementChild, title);
    this.#showRows(section.lastElementChild, tickets);
  }

  #showRows(list, tickets) {
    reconcile(list, tickets, (ticket) => ticket.id, () => createRow(this.#context), updateRow);
  }

  #openStatusMenu(anchor) {
    const { commands } = this.#context;
    const item = (verb, danger = false) => ({ label: t(`action.queue_${verb}`), danger, run: () => commands.queue(this.#doctorId, verb) });
    const pause = { label: t("action.queue_pause"), run: () => askPause(this.#view.doctor, commands) };
    openMenu(anchor, { open: [pause, item("close", true)], paused: [item("open"), pause, item("close", true)], closed: [item("open")] }[this.#view.status]);
  }

  #build(doctor) {
    const headingId = `column-${doctor.id}`;
    const status = h("button", { class: "button button-plain column-status", type: "button", "aria-haspopup": "menu", "aria-expanded": "false" }, h("span"), icon("down"));
    status.addEventListener("click", () => this.#view && this.#openStatusMenu(status));
    const primary = h("button", { class: "button button-primary column-primary", type: "button", "aria-keyshortcuts": "n" }, h("span"), h("kbd", { "aria-hidden": "true", text: "N" }));
    primary.addEventListener("click", () => this.primary());
    const room = h("select", { "aria-label": t("column.room"), hidden: true });
    room.addEventListener("change", () => {
      localStorage.setItem(`room:${this.#doctorId}`, room.value);
      this.#showPrimary();
    });
    const section = () => h("section", { hidden: true }, h("h3"), h("ol", { class: "rows" }));
    this.#parts = {
      name: h("h2", { id: headingId, text: doctor.name }),
      where: h("span", { class: "soft column-where", text: roomName(doctor.room) }),
      status,
      reason: h("p", { class: "soft small column-reason", dir: "auto" }),
      note: h("p", { class: "soft small column-reason" }),
      room,
      primary,
      second: h("div", { class: "buttons" }),
      now: h("ol", { class: "rows rows-now" }),
      waiting: section(),
      held: section(),
      missed: section(),
      empty: h("p", { class: "empty", text: t("column.nobody_waiting") }),
      loading: h("p", { class: "loading", text: t("page.loading") }),
      body: h("div", { class: "column-lists", hidden: true }),
    };
    const { name, where, reason, note, second, now, waiting, held, missed, empty, loading, body } = this.#parts;
    body.append(waiting, empty, held, missed);
    const head = h("header", { class: "column-head" }, name, where, room, status, reason, note);
    for (const part of [primary, second]) part.addEventListener("click", onlyFirst, true);
    const nobody = h("p", { class: "now-nobody", text: t("column.nobody_here") });
    const act = h("div", { class: "column-act" }, now, nobody, primary, second, this.#known?.element ?? null, this.#refusal.element);
    const column = h("section", { class: "column", "aria-labelledby": headingId, tabindex: -1 }, head, act, loading, body);
    column.addEventListener("keydown", moveToRows);
    return column;
  }
}

/** The second half of a double click would already press what the button has turned into: "Start" after "Call next". */
function onlyFirst(event) {
  if (event.detail > 1) event.stopImmediatePropagation();
}

/** From the column, where its number key leads, the arrow goes on to the first patient. */
function moveToRows(event) {
  const { currentTarget: column, key, target } = event;
  if (key !== "ArrowDown" || target !== column) return;
  event.preventDefault();
  column.querySelector(".row-more")?.focus();
}
