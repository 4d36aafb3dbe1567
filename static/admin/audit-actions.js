/** The things that stand in the audit, as the server writes them, and their words. */

import { hasText, t } from "../base/i18n.js";

export const ACTIONS = [
  "create user",
  "change user",
  "switch user off",
  "switch user on",
  "remove user",
  "set password",
  "register patient",
  "change patient",
  "confirm patient",
  "anonymise patient",
  "export patient",
  "merge patients",
  "tell patients apart",
  "reset patient's password",
  "phone number shown",
  "upload import",
  "check import",
  "start import",
  "import ended",
  "remove import",
  "export import",
  "add doctor",
  "change doctor",
  "remove doctor",
  "book appointment",
  "cancel appointment",
  "reschedule appointment",
  "check-in appointment",
  "undo-check-in appointment",
  "enqueue",
  "call next",
  "pause queue",
  "open queue",
  "close queue",
  "undo queue",
  "transfer-all queue",
  "cancel-all queue",
  "call ticket",
  "recall ticket",
  "start ticket",
  "finish ticket",
  "no-show ticket",
  "put-back ticket",
  "rejoin ticket",
  "late ticket",
  "hold ticket",
  "resume ticket",
  "transfer ticket",
  "cancel ticket",
  "left ticket",
  "priority ticket",
  "move ticket",
  "contact ticket",
  "text sent again",
  "handled notification",
  "texts exported",
  "display added",
  "display paired",
  "change display",
  "remove display",
  "reload display",
  "identify display",
  "change settings",
  "audit exported",
  "revoke token",
  "sign in",
  "change password",
];

/** What was done, in words; one that has none yet as the server writes it. */
export function actionName(action) {
  const key = `audit.action.${action.replace(/[^a-z]+/g, "_")}`;
  return hasText(key) ? t(key) : action;
}

/** A command of a queue (`call_next`, `set_priority`) in the words that its own row of the audit has. */
export function commandName(command) {
  const said = command.replace(/^set_/, "");
  const key = [said, `${said}_ticket`, `${said}_queue`].map((action) => `audit.action.${action}`).find(hasText);
  return key ? t(key) : command;
}
