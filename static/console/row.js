/** One ticket as a row of a column: code, name, how it came, how long it waits, and its menu. */

import { serverNow, minutesSince } from "../base/clock.js";
import { h, setAttribute, setText } from "../base/dom.js";
import { pressedTwice } from "../base/focus.js";
import { aboutRange, clockTime, languageName, t } from "../base/i18n.js";
import { icon } from "../base/icons.js";
import { mark, notReached, priorityName, roomName, smsStateName, sourceName, stateMark } from "../base/labels.js";
import { openMenu } from "../base/menu.js";
import { actionByKey, actionsFor } from "./actions.js";
import { keysEnabled } from "./keys.js";

/** The server's own word where a patient said so from the phone. */
const RUNNING_LATE = "running late";

/** What each row shows now; its buttons always act on the newest ticket. */
const shown = new WeakMap();

/** The ticket that a row shows; none for no row. */
export const ticketOf = (element) => element && shown.get(element);

/** @param context {@link actionsFor}'s */
export function createRow(context) {
  const more = h("button", { class: "button button-plain button-icon row-more", type: "button", "aria-haspopup": "menu", "aria-expanded": "false" });
  more.append(icon("more"));
  const element = h(
    "li",
    { class: "row", draggable: "true" },
    h("span", { class: "row-place" }),
    h("span", { class: "row-who" }, h("span", { class: "row-head" }, h("span", { class: "code row-code" }), " ", h("bdi", { class: "row-name" })), h("span", { class: "row-marks" })),
    h("span", { class: "row-wait" }),
    more,
  );
  const open = () => openMenu(more, actionsFor(shown.get(element), context), menuHead(shown.get(element)));
  more.addEventListener("click", open);
  element.addEventListener("contextmenu", (event) => {
    event.preventDefault();
    open();
  });
  more.addEventListener("keydown", moveBetweenRows);
  more.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.repeat || event.ctrlKey || event.metaKey || event.altKey || !keysEnabled()) return;
    const meant = actionByKey(event.key, shown.get(element), context);
    if (!meant) return;
    event.preventDefault();
    if (!pressedTwice(event)) meant.run();
  });
  return element;
}

export function updateRow(element, ticket) {
  const before = shown.get(element);
  shown.set(element, ticket);
  const [place, who, wait, more] = element.children;
  const [head, marks] = who.children;
  const [code, name] = head.children;
  setText(place, ticket.position ? String(ticket.position) : "");
  setText(code, ticket.code);
  setText(name, ticket.patient.name);
  setAttribute(more, "aria-label", t("row.actions", { code: ticket.code, name: ticket.patient.name }));
  updateWait(wait, ticket);
  if (before && sameMarks(before, ticket)) {
    showEstimate(element, ticket);
    return;
  }
  marks.replaceChildren(...marksOf(ticket));
  showEstimate(element, ticket);
}

/** When the call is to be expected, as the patient is told it too. */
function showEstimate(element, ticket) {
  const about = ticket.state === "waiting" ? aboutRange(ticket.estimate, serverNow()) : null;
  const mark = element.querySelector(".row-estimate");
  if (mark && about) setText(mark, about);
  else if (mark) mark.remove();
  else if (about) {
    const marks = element.querySelector(".row-marks");
    marks.insertBefore(h("span", { class: "soft row-estimate", text: about }), marks.querySelector(".row-free"));
  }
}

/** Waits count up by themselves between snapshots. */
export function tickRow(element) {
  updateWait(element.querySelector(".row-wait"), shown.get(element));
  showEstimate(element, shown.get(element));
}

function updateWait(element, ticket) {
  const since = ticket.state === "waiting" ? ticket.arrived_at : ticket.steps?.at(-1)?.start ?? ticket.arrived_at;
  setText(element, t("row.minutes", { minutes: minutesSince(since) }));
  const late = Boolean(ticket.late_at) && serverNow() > Date.parse(ticket.late_at);
  setAttribute(element, "data-late", late ? "" : null);
  setAttribute(element, "title", t("row.since", { time: clockTime(since) }));
}

const sameMarks = (one, other) => JSON.stringify(markFacts(one)) === JSON.stringify(markFacts(other));
const markFacts = (ticket) => [
  ticket.state,
  ticket.priority,
  ticket.source,
  ticket.due_at,
  ticket.room,
  ticket.calls,
  ticket.reason,
  noteOf(ticket),
  ticket.sms,
  ticket.patient.phone_masked,
  ticket.patient.language,
  ticket.elsewhere,
];

function marksOf(ticket) {
  const marks = [];
  if (ticket.state !== "waiting" && ticket.state !== "on_hold") marks.push(stateMark(ticket.state));
  if (ticket.priority === "emergency") marks.push(mark("state-stopped", "alert", priorityName("emergency")));
  if (ticket.priority === "priority") marks.push(mark("state-attention", "arrow", priorityName("priority")));
  marks.push(h("span", { class: "soft", text: cameAs(ticket) }));
  if (ticket.state === "called" || ticket.state === "in_room") {
    marks.push(h("span", { class: "soft", text: roomName(ticket.room) }));
    marks.push(h("span", { class: "row-language", text: t("known.speaks", { language: languageName(ticket.patient.language) }) }));
  }
  if (ticket.calls > 1) marks.push(h("span", { class: "soft", text: t("row.calls", { count: ticket.calls }) }));
  const contact = contactMark(ticket) ?? textMark(ticket);
  if (contact) marks.push(contact);
  for (const other of ticket.elsewhere ?? []) marks.push(mark("", "clock", t("row.elsewhere", { doctor: other.doctor ?? other.code })));
  // What people wrote comes last and takes the room that is left; the menu says all of it.
  const note = noteOf(ticket);
  if (note) marks.push(h("span", { class: "soft row-free", dir: "auto", title: note }, icon("edit"), " ", note));
  if (ticket.reason) marks.push(h("span", { class: "soft row-free", dir: "auto", title: ticket.reason, text: ticket.reason }));
  return marks;
}

/** Why the ticket was held, moved, missed or given another priority, as whoever did it last wrote. */
function noteOf({ steps }) {
  const reason = steps?.at(-1)?.reason;
  return reason === RUNNING_LATE ? t("row.running_late") : reason;
}

/** Who it is about and what was written of them, whole. */
function menuHead(ticket) {
  const note = noteOf(ticket);
  const lines = [ticket.reason && t("row.visit_reason", { reason: ticket.reason }), note && t("row.note", { note })];
  return h(
    "div",
    { class: "menu-head" },
    h("div", {}, h("span", { class: "code", text: ticket.code }), " ", h("bdi", { text: ticket.patient.name })),
    ...lines.filter(Boolean).map((text) => h("div", { class: "soft", text })),
  );
}

/** Whoever no text will reach is called by name, so the row says it as soon as they join. */
function contactMark({ state, sms, patient }) {
  if (state === "in_room") return null;
  const called = state === "called" || state === "no_show";
  if (!patient.phone_masked) return called ? mark("state-attention", "call", t("row.no_phone_call")) : mark("", "call", t("row.no_phone"));
  // No text was due: the patient has not agreed to any, or the clinic sends none of this kind.
  if (!sms || sms.code === "kind_off") return null;
  if (sms.state === "suppressed") return mark("state-attention", "call", t("row.no_texts"));
  if (notReached(sms)) return mark("state-attention", "message", smsStateName(sms.state));
  // It waits for an account that Twilio refuses: nobody knows until when.
  if (sms.state === "queued" && /^\d+$/.test(sms.code ?? "")) return mark("state-attention", "message", t("row.text_waits"));
  return null;
}

/** What shows how far a text has got that nothing is wrong with; of one that is only simulated the page says so once. */
const TEXT_ICONS = { queued: ["message", "clock"], sending: ["message", "clock"], accepted: ["message"], sent: ["message"], delivered: ["message", "check"] };

/** How far the text of a call has got, as a small sign: it is as it should be, so that it may be overlooked. */
function textMark({ state, sms }) {
  const icons = TEXT_ICONS[sms?.state];
  if (!icons || (state !== "called" && state !== "no_show")) return null;
  const words = t("row.text", { state: smsStateName(sms.state) });
  return h("span", { class: "soft row-text", role: "img", "aria-label": words, title: words }, ...icons.map(icon));
}

const cameAs = (ticket) =>
  ticket.due_at ? t("row.booked", { time: clockTime(ticket.due_at) }) : sourceName(ticket.source);

function moveBetweenRows(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  const column = event.currentTarget.closest(".column");
  const buttons = [...column.querySelectorAll(".row-more")];
  const next = buttons[buttons.indexOf(event.currentTarget) + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
}
