/** Patients: found by name, phone or birth date; corrected, exported, merged, given a new password, or made anonymous. */

import { api } from "../base/api.js";
import { h } from "../base/dom.js";
import { birthDate, LANGUAGES, t } from "../base/i18n.js";
import { confirmDialog, openDialog, toast } from "../base/overlays.js";
import { editPatient } from "../base/patient-form.js";
import { attempt } from "./attempt.js";
import { duplicatesView } from "./duplicates.js";
import { listView } from "./list.js";
import { chooseMerge } from "./merge.js";

/** The list, and in its place the look for duplicates. */
export function patientsView() {
  const element = h("div", { class: "stack" });
  let leave = () => {};
  const shown = (view) => {
    leave();
    leave = view.leave ?? (() => {});
    element.replaceChildren(view.element);
    element.querySelector("[data-focus]")?.focus();
  };
  const home = () => shown(list(() => shown(duplicatesView(home))));
  home();
  return { element, leave: () => leave() };
}

const list = (lookForDuplicates) =>
  listView({
    path: "/api/patients/",
    empty: t("patients.none"),
    name: (patient) => patient.name,
    filters: [{ name: "q", label: t("finder.label"), type: "search" }],
    more: () => [h("button", { class: "button", type: "button", text: t("duplicates.find"), on: { click: lookForDuplicates } })],
    create: { label: t("patients.add"), open: (reload) => editPatient(null, reload) },
    columns: [
      { label: t("patient.name"), cell: (patient) => patient.name },
      { label: t("patient.date_of_birth"), cell: (patient) => patient.date_of_birth && birthDate(patient.date_of_birth) },
      { label: t("patient.phone"), cell: (patient) => patient.phone_masked },
      { label: t("patient.language"), cell: (patient) => LANGUAGES[patient.language] ?? patient.language },
      { label: t("patient.texts"), cell: textsOf },
    ],
    actions: (patient, reload) => (patient.anonymised ? [] : actionsFor(patient, reload)),
  });

const textsOf = ({ sms_consent, opted_out }) => t(opted_out ? "patient.texts_stopped" : sms_consent ? "patient.texts_yes" : "patient.texts_no");

const actionsFor = (patient, reload) => [
  { label: t("action.edit"), run: () => attempt(async () => editPatient(await api.get(`/api/patients/${patient.id}/`), reload)) },
  ...(patient.has_account ? [{ label: t("patients.new_password"), run: () => newPassword(patient) }] : []),
  { label: t("patients.export"), run: () => exportOne(patient) },
  { label: t("merge.open"), run: () => chooseMerge(patient, reload) },
  { label: t("patients.anonymise"), danger: true, run: () => anonymise(patient, reload) },
];

async function newPassword(patient) {
  await attempt(async () => {
    const { password } = await api.post(`/api/patients/${patient.id}/password/`);
    openDialog(t("patients.new_password"), h("p", { text: t("patients.new_password_text", { name: patient.name }) }), h("p", { class: "code one-time", text: password }));
  });
}

/** Everything that is kept about a patient, as a file for them. */
const exportOne = (patient) => attempt(() => api.download(`/api/patients/${patient.id}/export/`, {}, "patient.json"));

async function anonymise(patient, reload) {
  if (!(await confirmDialog(t("patients.anonymise_title", { name: patient.name }), t("patients.anonymise_text"), t("patients.anonymise")))) return;
  await attempt(async () => {
    await api.delete(`/api/patients/${patient.id}/`);
    toast(t("done.removed", { name: patient.name }));
    reload();
  });
}
