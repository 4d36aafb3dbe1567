/** Patients: found by name, phone or birth date; corrected, exported, merged, given a new password, or made anonymous. */

import { api } from "../base/api.js";
import { h } from "../base/dom.js";
import { buildForm, changed } from "../base/forms.js";
import { birthDate, LANGUAGES, t } from "../base/i18n.js";
import { confirmDialog, openDialog, toast } from "../base/overlays.js";
import { notice } from "../base/page.js";
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
    create: { label: t("patients.add"), open: (reload) => edit(null, reload) },
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
  { label: t("action.edit"), run: () => attempt(async () => edit(await api.get(`/api/patients/${patient.id}/`), reload)) },
  ...(patient.has_account ? [{ label: t("patients.new_password"), run: () => newPassword(patient) }] : []),
  { label: t("patients.export"), run: () => exportOne(patient) },
  { label: t("merge.open"), run: () => chooseMerge(patient, reload) },
  { label: t("patients.anonymise"), danger: true, run: () => anonymise(patient, reload) },
];

function edit(patient, reload) {
  const languages = Object.entries(LANGUAGES).map(([value, label]) => ({ value, label }));
  const confirmed = patient?.phone ? [{ name: "number_confirmed", label: t("patient.number_confirmed"), type: "checkbox", value: patient.number_confirmed }] : [];
  const form = buildForm({
    fields: [
      { name: "name", label: t("patient.name"), required: true, value: patient?.name },
      { name: "phone", label: t("patient.phone"), type: "tel", value: patient?.phone },
      { name: "sms_consent", label: t("patient.sms_consent"), type: "checkbox", value: patient?.sms_consent },
      ...confirmed,
      { name: "date_of_birth", label: t("patient.date_of_birth"), type: "date", value: patient?.date_of_birth },
      { name: "language", label: t("patient.language"), type: "select", required: true, options: languages, value: patient?.language },
    ],
    submit: t("action.save"),
    onSubmit: async (values, key) => {
      if (patient) await api.patch(`/api/patients/${patient.id}/`, emptied(changed(patient, values)));
      else await api.post("/api/patients/", filled(values), key);
      dialog.close();
      toast(t("done.saved", { name: values.name }));
      reload();
    },
  });
  if (patient?.opted_out) form.prepend(notice("attention", t("patient.opted_out")));
  const dialog = openDialog(patient ? patient.name : t("patients.add"), form);
}

const filled = (values) => Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ""));

/** What is left empty is taken away. */
const emptied = (values) => Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value === "" ? null : value]));

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
