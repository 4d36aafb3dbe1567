/** The notification log: every text, what became of it and why, with its whole timeline. */

import { api } from "../base/api.js";
import { serverNow } from "../base/clock.js";
import { h } from "../base/dom.js";
import { buildForm, given } from "../base/forms.js";
import { clockTime, dateAndTime, dayOf, t } from "../base/i18n.js";
import { kindName, mark, notReached, smsStateName } from "../base/labels.js";
import { openDialog, toast } from "../base/overlays.js";
import { listView } from "./list.js";

const STATES = ["queued", "sending", "accepted", "sent", "delivered", "undelivered", "failed", "unknown", "expired", "cancelled", "suppressed", "simulated"];
const KINDS = ["code", "booked", "reminder", "joined", "soon", "your_turn", "recalled", "missed", "delayed", "put_back", "cancelled"];

export function notificationsView() {
  const any = { value: "", label: t("list.all") };
  return listView({
    path: "/api/notifications/",
    empty: t("notifications.none"),
    name: (text) => `${kindName(text.kind)} ${text.to_masked}`,
    filters: [
      { name: "day", label: t("list.day"), type: "date", value: dayOf(serverNow()) },
      { name: "state", label: t("list.state"), type: "select", options: [any, ...STATES.map((value) => ({ value, label: smsStateName(value) }))] },
      { name: "kind", label: t("notifications.kind"), type: "select", options: [any, ...KINDS.map((value) => ({ value, label: kindName(value) }))] },
    ],
    columns: [
      { label: t("list.time"), cell: (text) => clockTime(text.created_at) },
      { label: t("notifications.kind"), cell: (text) => kindName(text.kind) },
      { label: t("patient.phone"), cell: (text) => h("span", { class: "nowrap", dir: "ltr", text: text.to_masked }) },
      { label: t("notifications.body"), cell: (text) => text.body },
      { label: t("list.state"), cell: stateOf },
    ],
    actions: (text, reload) => [
      { label: t("notifications.timeline"), run: () => timeline(text) },
      { label: t("unreached.resend"), run: () => resend(text, reload) },
    ],
  });
}

const stateOf = (text) => {
  const code = /^\d+$/.test(text.code ?? "") ? text.code : null;
  const words = [smsStateName(text.state), code].filter(Boolean).join(" ");
  return notReached(text) ? mark("state-attention", "alert", words) : words;
};

function timeline(text) {
  const steps = [
    { at: text.created_at, what: t("notifications.queued") },
    ...text.attempts.flatMap((attempt) => [
      { at: attempt.started, what: t("notifications.attempt") },
      ...(attempt.ended ? [{ at: attempt.ended, what: [attempt.outcome, attempt.status, attempt.code, attempt.sid].filter(Boolean).join(" · ") }] : []),
    ]),
    ...text.events.map((event) => ({ at: event.at, what: [event.what, event.detail].filter(Boolean).join(" · ") })),
  ];
  const list = h("ol", { class: "stack tight" }, ...steps.map((step) => h("li", {}, h("span", { class: "soft", text: dateAndTime(step.at) }), " ", h("span", { text: step.what }))));
  const why = text.reason ? h("p", { class: "soft", text: text.reason }) : null;
  openDialog(`${kindName(text.kind)} · ${text.to_masked}`, h("p", {}, stateOf(text)), why, h("p", { text: text.body }), list);
}

function resend(text, reload) {
  const form = buildForm({
    fields: [{ name: "phone", label: t("unreached.phone"), type: "tel", hint: t("unreached.phone_hint") }],
    submit: t("unreached.resend"),
    onSubmit: async (values, key) => {
      await api.post(`/api/notifications/${encodeURIComponent(text.id)}/resend/`, given(values), key);
      dialog.close();
      toast(t("unreached.resent"));
      reload();
    },
  });
  const dialog = openDialog(t("unreached.resend"), form);
}
