/** The notification log: every text, what became of it and why, with its whole story, and the log as a file. */

import { api } from "../base/api.js";
import { h } from "../base/dom.js";
import { clockTime, t } from "../base/i18n.js";
import { kindName, smsGroupName, smsStateName } from "../base/labels.js";
import { openMessage, refusedOf, resendForm, stateOf, whyOf } from "../base/message.js";
import { fill } from "../base/page.js";
import { openDialog, toast } from "../base/overlays.js";
import { explain } from "../base/problems.js";
import { listView } from "./list.js";

const GROUPS = ["open", "sent", "not_reached", "not_sent"];
const STATES = ["queued", "sending", "accepted", "sent", "delivered", "undelivered", "failed", "unknown", "expired", "cancelled", "suppressed", "simulated"];
const KINDS = ["code", "booked", "reminder", "joined", "soon", "your_turn", "recalled", "missed", "delayed", "put_back", "cancelled"];
const PATH = "/api/notifications/";

/** Opens on the service day that is under way: after midnight that is still the day before, as the log counts. */
export function notificationsView() {
  const element = h("div", { class: "stack" });
  fill(element, async () => log((await api.get("/api/clinic/")).day).element, explain);
  return { element };
}

function log(day) {
  const any = { value: "", label: t("list.all") };
  return listView({
    path: PATH,
    empty: t("notifications.none"),
    name: (text) => `${kindName(text.kind)} ${text.to_masked}`,
    filters: [
      { name: "day", label: t("list.day"), type: "date", value: day },
      { name: "group", label: t("notifications.result"), type: "select", options: [any, ...GROUPS.map((value) => ({ value, label: smsGroupName(value) })), ...STATES.map((value) => ({ value: `=${value}`, label: `– ${smsStateName(value)}` }))], query: resultQuery },
      { name: "kind", label: t("notifications.kind"), type: "select", options: [any, ...KINDS.map((value) => ({ value, label: kindName(value) }))] },
      { name: "code", label: t("notifications.twilio_code"), type: "search", attributes: { inputmode: "numeric" } },
    ],
    more: (chosen) => [exportButton(chosen)],
    columns: [
      { label: t("list.time"), cell: (text) => clockTime(text.created_at) },
      { label: t("notifications.kind"), cell: (text) => kindName(text.kind) },
      { label: t("patient.phone"), cell: (text) => h("span", { class: "nowrap", dir: "ltr", text: text.to_masked }) },
      { label: t("notifications.body"), cell: (text) => h("span", { dir: "auto", text: text.body }) },
      { label: t("list.state"), cell: (text) => h("div", {}, stateOf(text), whyOf(text) ? h("div", { class: "soft small sentence", text: whyOf(text) }) : null) },
    ],
    actions: (text, reload) => [
      { label: t("message.story"), run: () => openMessage(text) },
      { label: t("unreached.resend"), run: () => resend(text, reload) },
    ],
  });
}

/** One list of choices for both: a group of states, or (behind a "=") a single one. */
const resultQuery = (value) => (value.startsWith("=") ? { state: value.slice(1) } : { group: value });

/** @param {() => object} chosen the filters as they stand */
function exportButton(chosen) {
  const button = h("button", { class: "button", type: "button", text: t("notifications.export") });
  button.addEventListener("click", async () => {
    button.setAttribute("aria-busy", "true");
    try {
      await api.download(`${PATH}export/`, chosen(), "notifications.csv");
    } catch (problem) {
      toast(explain(problem), { kind: "stopped" });
    } finally {
      button.removeAttribute("aria-busy");
    }
  });
  return button;
}

function resend(text, reload) {
  const done = (answer) => {
    if (!refusedOf(answer)) dialog.close();
    reload();
  };
  const dialog = openDialog(t("unreached.resend"), resendForm(text, done));
}
