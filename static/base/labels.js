/** The words that pages share for the product's own values: rooms, states, sources, priorities, text states. */

import { h } from "./dom.js";
import { currentLanguage, hasText, inLanguage, t } from "./i18n.js";
import { icon } from "./icons.js";

/** A room may be given as "3" or as "Room 3" or "Sala azul": only a bare number or letter gets the word. */
export const roomName = (room) => roomNameIn(currentLanguage(), room);
export const roomNameIn = (language, room) =>
  room && /^[\p{L}]?\d+[\p{L}]?$|^\p{L}$/u.test(room) ? inLanguage(language, "room", { room }) : (room ?? "");

export const stateName = (state) => named("state", state);
export const sourceName = (source) => named("source", source);
export const priorityName = (priority) => named("priority", priority);
export const roleName = (role) => named("role", role);
export const kindName = (kind) => named("kind", kind);
export const smsGroupName = (group) => named("sms_group", group);
export const smsStateName = (state) => named("sms", state);
export const outcomeName = (outcome) => named("outcome", outcome);
export const eventName = (what) => named("event", what);
/** What a code says, Twilio's or our own: in the page's language where we have it, else in the server's words. */
export const faultName = (code, meaning) => (hasText(`fault.${code}`) ? t(`fault.${code}`) : meaning || code || "");
export const queueStatusName = (status) => named("queue", status);

/** What has become of an appointment: who was checked in and then gave up, or was missed, has not just arrived. */
export function appointmentStateName({ state, ticket_state }) {
  if (state !== "checked_in") return named("appointment", state);
  if (ticket_state === "cancelled") return t("appointments.visit_cancelled");
  return ["left", "no_show"].includes(ticket_state) ? stateName(ticket_state) : named("appointment", state);
}

const named = (group, value) => (hasText(`${group}.${value}`) ? t(`${group}.${value}`) : String(value ?? ""));

/** Texts that should have reached their patient and did not; those nobody may send only if the patient said STOP. */
const NOT_REACHED = ["failed", "undelivered", "unknown", "expired"];
const OPTED_OUT = ["21610", "opted_out"];
export const notReached = (sms) =>
  Boolean(sms) && (NOT_REACHED.includes(sms.state) || (sms.state === "suppressed" && OPTED_OUT.includes(sms.code)));

const STATE_LOOK = {
  called: ["state-called", "call"],
  in_room: ["state-room", "door"],
  no_show: ["state-attention", "alert"],
  on_hold: ["", "hold"],
  cancelled: ["", "close"],
  left: ["", "close"],
  done: ["state-room", "check"],
};

/** A state as a mark: icon, word and lightness together. */
export function stateMark(state) {
  const [look, name] = STATE_LOOK[state] ?? ["", "clock"];
  return mark(look, name, stateName(state));
}

/** Why nobody is booked on a day, as the free times of a doctor say it. */
export const closedName = ({ why, name }) => t(`closed.${why}`, { name }) + (why !== "holiday" && name ? `: ${name}` : "");

/** What stands in place of the free times on a day without any. */
export const noTimes = (closed) => [closed && `${closedName(closed)}.`, t("book.none")].filter(Boolean).join(" ");

export const mark = (look, iconName, text) =>
  h("span", { class: `state ${look}`.trim() }, icon(iconName), h("span", { text }));
