/** The actions a ticket offers, by its state: what stands in the menu of its row, most used first. */

import { api } from "../base/api.js";
import { h } from "../base/dom.js";
import { buildForm, given } from "../base/forms.js";
import { t } from "../base/i18n.js";
import { priorityName } from "../base/labels.js";
import { openDialog, toast } from "../base/overlays.js";
import { editPatient } from "../base/patient-form.js";
import { explain } from "../base/problems.js";
import { printTicket } from "./printing.js";

const BY_STATE = {
  waiting: ["call", "hold", "transfer", null, "priority", "first", "move", null, "print", "details", null, "left", "cancel"],
  called: ["recall", "start", "put-back", "no-show", null, "hold", "transfer", "details", "left"],
  in_room: ["finish", "hold", "transfer", "details"],
  on_hold: ["resume", "transfer", null, "print", "details", null, "left", "cancel"],
  no_show: ["rejoin", "transfer", "details"],
};
/** The key of each action while its row has the focus, or its menu is open; digits lead to the columns. */
export const KEYS = {
  call: "C",
  recall: "R",
  start: "S",
  finish: "F",
  "put-back": "B",
  rejoin: "B",
  "no-show": "X",
  hold: "H",
  resume: "H",
  transfer: "T",
  priority: "Y",
  first: "E",
  move: "M",
  print: "P",
  details: "O",
  left: "L",
  cancel: "D",
};
const DANGER = new Set(["cancel", "left", "no-show"]);

/**
 * @param {object} ticket @param {{commands: object, queues: object, room: () => string|undefined}} context
 * @returns items for `openMenu`
 */
export function actionsFor(ticket, context) {
  const names = BY_STATE[ticket.state] ?? [];
  return names.map((name) => (name ? action(name, ticket, context) : null));
}

/** The action that `key` means for this ticket as it is now, or undefined. */
export function actionByKey(key, ticket, context) {
  const name = (BY_STATE[ticket.state] ?? []).find((each) => each && KEYS[each] === key.toUpperCase());
  return name && action(name, ticket, context);
}

/** One action by name, for buttons outside the menu as well. */
export function action(name, ticket, { commands, queues, room }) {
  const run = {
    call: () => commands.ticket(ticket, "call", given({ room: room() })),
    start: () => commands.ticket(ticket, "start", given({ room: room() })),
    "put-back": () => commands.ticket(ticket, "put-back", { after: 0 }),
    first: () => commands.ticket(ticket, "move", { after: 0 }),
    move: () => askMove(ticket, commands, queues),
    print: () => printTicket(ticket),
    details: () => openDetails(ticket),
    priority: () => askPriority(ticket, commands),
    transfer: () => askTransfer(ticket, commands, queues),
  }[name];
  return {
    label: t(`action.${name}`),
    keys: KEYS[name],
    danger: DANGER.has(name),
    run: run ?? (() => commands.ticket(ticket, name)),
  };
}

/** The patient's record, to put right what was misheard; the ticket follows. */
async function openDetails(ticket) {
  try {
    editPatient(await api.get(`/api/patients/${ticket.patient.id}/`), () => {});
  } catch (problem) {
    toast(explain(problem), { kind: "stopped" });
  }
}

function askPriority(ticket, commands) {
  const options = ["normal", "priority", "emergency"].map((value) => ({ value, label: priorityName(value) }));
  const form = buildForm({
    fields: [
      { name: "priority", label: t("join.priority"), type: "select", required: true, options, value: ticket.priority },
      { name: "reason", label: t("dialog.reason") },
    ],
    submit: t("action.save"),
    onSubmit: (values, key) => commands.ticket(ticket, "priority", given(values), { dialog, key }),
  });
  const dialog = openDialog(t("dialog.priority", { code: ticket.code, name: ticket.patient.name }), form);
}

/** Before everybody or behind one who waits, from where the ticket stands now, and why: that stays in its history. */
function askMove(ticket, commands, queues) {
  const waiting = queues.views.get(ticket.doctor_id)?.waiting ?? [];
  const others = waiting.filter((other) => other.id !== ticket.id);
  const ahead = waiting[waiting.findIndex((other) => other.id === ticket.id) - 1];
  const behind = others.map((other) => ({ value: other.id, label: t("move.behind", { code: other.code, name: other.patient.name }) }));
  const form = buildForm({
    fields: [
      { name: "place", label: t("move.place"), type: "select", required: true, options: [{ value: "front", label: t("move.front") }, ...behind], value: ahead?.id ?? "front" },
      { name: "reason", label: t("dialog.reason") },
    ],
    submit: t("action.save"),
    onSubmit: ({ place, reason }, key) =>
      commands.ticket(ticket, "move", given({ ...(place === "front" ? { after: 0 } : { behind: place }), reason }), { dialog, key }),
  });
  const dialog = openDialog(t("dialog.move", { code: ticket.code, name: ticket.patient.name }), form);
}

/** @param {string} [chosen] the doctor who is offered first */
export function askTransfer(ticket, commands, queues, chosen) {
  const options = [...queues.everyone.values()]
    .filter((doctor) => doctor.id !== ticket.doctor_id)
    .map((doctor) => ({ value: doctor.id, label: doctor.name }));
  if (!options.length) {
    openDialog(t("dialog.transfer", { code: ticket.code, name: ticket.patient.name }), h("p", { text: t("dialog.no_other_doctor") }));
    return;
  }
  const form = buildForm({
    fields: [
      { name: "doctor_id", label: t("join.doctor"), type: "select", required: true, options, value: chosen },
      { name: "reason", label: t("dialog.reason") },
    ],
    submit: t("action.transfer_now"),
    onSubmit: (values, key) => commands.ticket(ticket, "transfer", given(values), { dialog, key }),
  });
  const dialog = openDialog(t("dialog.transfer", { code: ticket.code, name: ticket.patient.name }), form);
}
