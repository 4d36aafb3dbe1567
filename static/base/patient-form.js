/** A patient's record in a dialog: a new one, or one that is corrected. */

import { api } from "./api.js";
import { buildForm, changed } from "./forms.js";
import { LANGUAGES, t } from "./i18n.js";
import { openDialog, toast } from "./overlays.js";
import { notice } from "./page.js";

/** @param {object|null} patient as `/api/patients/<id>/` has it; null: a new one @param {() => void} done once it is saved */
export function editPatient(patient, done) {
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
      done();
    },
  });
  if (patient?.opted_out) form.prepend(notice("attention", t("patient.opted_out")));
  const dialog = openDialog(patient ? patient.name : t("patients.add"), form);
}

const filled = (values) => Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ""));

/** What is left empty is taken away. */
const emptied = (values) => Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value === "" ? null : value]));
