/** The actions a ticket offers, by its state: what stands in the menu of its row, most used first. */

import { h } from "../base/dom.js";
import { buildForm, given } from "../base/forms.js";
import { t } from "../base/i18n.js";
import { priorityName } from "../base/labels.js";
import { openDialog } from "../base/overlays.js";

const BY_STATE = {
  waiting: ["call", "hold", "transfer", null, "priority", "first", null, "left", "cancel"],
  called: ["recall", "start", "put-back", "no-show", null, "hold", "transfer", "left"],
  in_room: ["finish", "hold", "transfer"],
  on_hold: ["resume", "transfer", null, "left", "cancel"],
  no_show: ["rejoin", "transfer"],
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

/** One action by name, for buttons outside the menu as well. */
export function action(name, ticket, { commands, queues, room }) {
  const run = {
    call: () => commands.ticket(ticket, "call", given({ room: room() })),
    start: () => commands.ticket(ticket, "start", given({ room: room() })),
    "put-back": () => commands.ticket(ticket, "put-back", { after: 0 }),
    first: () => commands.ticket(ticket, "move", { after: 0 }),
    priority: () => askPriority(ticket, commands),
    transfer: () => askTransfer(ticket, commands, queues),
  }[name];
  return {
    label: t(`action.${name}`),
    danger: DANGER.has(name),
    run: run ?? (() => commands.ticket(ticket, name)),
  };
}

function askPriority(ticket, commands) {
  const options = ["normal", "priority", "emergency"].map((value) => ({ value, label: priorityName(value) }));
  const form = buildForm({
    fields: [{ name: "priority", label: t("join.priority"), type: "select", required: true, options, value: ticket.priority }],
    submit: t("action.save"),
    onSubmit: async ({ priority }) => {
      dialog.close();
      await commands.ticket(ticket, "priority", { priority });
    },
  });
  const dialog = openDialog(t("dialog.priority", { code: ticket.code, name: ticket.patient.name }), form);
}

function askTransfer(ticket, commands, queues) {
  const options = [...queues.everyone.values()]
    .filter((doctor) => doctor.id !== ticket.doctor_id)
    .map((doctor) => ({ value: doctor.id, label: doctor.name }));
  if (!options.length) {
    openDialog(t("dialog.transfer", { code: ticket.code, name: ticket.patient.name }), h("p", { text: t("dialog.no_other_doctor") }));
    return;
  }
  const form = buildForm({
    fields: [
      { name: "doctor_id", label: t("join.doctor"), type: "select", required: true, options },
      { name: "reason", label: t("dialog.reason") },
    ],
    submit: t("action.transfer_now"),
    onSubmit: async (values) => {
      dialog.close();
      await commands.ticket(ticket, "transfer", given(values));
    },
  });
  const dialog = openDialog(t("dialog.transfer", { code: ticket.code, name: ticket.patient.name }), form);
}
