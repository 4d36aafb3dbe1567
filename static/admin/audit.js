/** Who did what to whom, newest first: by person, by what was done, by day, and as a file. Rows keep ids; the names are today's. */

import { api } from "../base/api.js";
import { h } from "../base/dom.js";
import { buildForm } from "../base/forms.js";
import { dateAndTime, hasText, t } from "../base/i18n.js";
import { roleName } from "../base/labels.js";
import { icon } from "../base/icons.js";
import { fill } from "../base/page.js";
import { openDialog, toast } from "../base/overlays.js";
import { explain } from "../base/problems.js";
import { ACTIONS, actionName, commandName } from "./audit-actions.js";
import { listView } from "./list.js";
import { patientControl } from "./patient-control.js";

const PATH = "/api/audit/";

export function auditView() {
  const element = h("div", { class: "stack" });
  fill(element, async () => log((await Promise.all(["admin", "receptionist", "doctor"].map((role) => api.all("/api/users/", { role })))).flat()).element, explain);
  return { element };
}

/** @param {object[]} staff whom the filter offers; who is gone is found by their rows */
function log(staff) {
  const any = { value: "", label: t("list.all") };
  let subject = null;
  const chip = h("button", { class: "button", type: "button", hidden: true });
  const only = (chosen) => {
    subject = chosen;
    chip.hidden = !chosen;
    chip.replaceChildren(h("span", { dir: "auto", text: chosen ? t("audit.only_on", { name: chosen.name }) : "" }), icon("close"));
    list.reload();
  };
  chip.addEventListener("click", () => only(null));
  const onSubject = () => ({ subject_id: subject?.id });
  const list = listView({
    path: PATH,
    empty: t("audit.none"),
    name: (row) => actionName(row.action),
    filters: [
      { name: "actor_id", label: t("audit.who"), type: "select", options: [any, ...staff.map((user) => ({ value: user.id, label: `${user.name} · ${roleName(user.role)}` }))] },
      { name: "action", label: t("audit.what"), type: "select", options: [any, ...choices()] },
      { name: "since", label: t("audit.since"), type: "date" },
      { name: "until", label: t("audit.until"), type: "date" },
    ],
    query: onSubject,
    more: (chosen) => [
      h("button", { class: "button", type: "button", text: t("audit.on_patient"), on: { click: () => choosePatient(only) } }),
      chip,
      exportButton(() => ({ ...chosen(), ...onSubject() })),
    ],
    columns: [
      { label: t("list.time"), cell: (row) => dateAndTime(row.at) },
      { label: t("audit.who"), cell: (row) => h("span", { dir: "auto", text: [row.actor.name, roleName(row.actor.role)].filter(Boolean).join(" · ") }) },
      { label: t("audit.what"), cell: (row) => actionName(row.action) },
      { label: t("audit.subject"), cell: (row) => subjectOf(row, only) },
      { label: t("audit.detail"), cell: detailOf },
    ],
  });
  return list;
}

const choices = () => ACTIONS.map((action) => ({ value: action, label: actionName(action) })).sort((one, other) => one.label.localeCompare(other.label));

/** A name to narrow the list to, or the beginning of an id where nobody is called anything. */
function subjectOf({ subject, subject_id: id }, only) {
  if (!id) return "";
  const name = subject || t("audit.unnamed", { id: id.slice(0, 8) });
  return h("button", { class: subject ? "link" : "link id", type: "button", dir: "auto", title: id, text: name, on: { click: () => only({ id, name }) } });
}

/** What is worth reading of the detail: no ids of others, words for what has them. */
function detailOf({ detail }) {
  const said = Object.entries(detail).filter(([name, value]) => !name.endsWith("_id") && value !== null && value !== "" && value !== false);
  return said.map(([name, value]) => `${hasText(`audit.detail.${name}`) ? t(`audit.detail.${name}`) : name}: ${worded(name, value)}`).join(" · ");
}

function worded(name, value) {
  if (name === "role") return roleName(value);
  if (name === "undone") return commandName(value);
  if (name === "fields") return value.split(", ").map((field) => (hasText(`patient.${field}`) ? t(`patient.${field}`) : field)).join(", ");
  if (name === "kind" && hasText(`imports.kind.${value}`)) return t(`imports.kind.${value}`);
  return value === true ? t("audit.yes") : value;
}

function choosePatient(only) {
  const control = patientControl();
  const form = buildForm({
    fields: [{ name: "patient", label: t("appointments.patient"), required: true, control }],
    submit: t("audit.show"),
    onSubmit: async () => {
      const { id, name } = control.patient();
      dialog.close();
      only({ id, name });
    },
  });
  const dialog = openDialog(t("audit.on_patient"), form);
}

function exportButton(chosen) {
  const button = h("button", { class: "button", type: "button", text: t("audit.export") });
  button.addEventListener("click", async () => {
    button.setAttribute("aria-busy", "true");
    try {
      await api.download(`${PATH}export/`, chosen(), "audit.csv");
    } catch (problem) {
      toast(explain(problem), { kind: "stopped" });
    } finally {
      button.removeAttribute("aria-busy");
    }
  });
  return button;
}
