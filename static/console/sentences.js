/** What reception is told was done, after the server's answer: where the ticket really is, and what ended with the step. */

import { t } from "../base/i18n.js";
import { roomName } from "../base/labels.js";

/** The commands that end a pause. */
const CALLS = new Set(["call", "recall"]);

/** Someone was called, and with that ended the pause that was `paused`. */
const ending = (paused, what) => (paused ? t("done.pause_ended", { what }) : what);

/**
 * @param {string} verb the command @param {object} answer the ticket as the command left it
 * @param {{doctor: string, paused: boolean}} before who it goes to, and whether its queue was paused
 */
export function ticketDone(verb, answer, { doctor, paused }) {
  const what = t(`done.${keyOf(verb, answer)}`, { code: answer.code, room: roomName(answer.room), position: answer.position ?? "", doctor });
  return ending(paused && CALLS.has(verb), what);
}

function keyOf(verb, { state, position, transferring }) {
  if (verb === "resume" && state === "in_room") return "start";
  if (verb === "transfer" && transferring) return "transferring";
  if ((verb === "move" || verb === "put-back") && position > 1) return `${verb}_to`;
  return verb;
}

/** After "call next". @param {object|null} called who was called, if anybody waited */
export const calledNext = (called, paused) =>
  called ? ending(paused, t("done.called", { code: called.code, room: roomName(called.room) })) : t("done.nobody_waiting");
