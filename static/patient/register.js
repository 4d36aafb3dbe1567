/** Registering: who you are, how to reach you, and an account to come back with. */

import { api } from "../base/api.js";
import { h } from "../base/dom.js";
import { buildForm, given } from "../base/forms.js";
import { currentLanguage, LANGUAGES, t } from "../base/i18n.js";
import { clinic } from "../base/page.js";

/** @param {() => void} onDone called once the new patient is logged in */
export function registerView(onDone) {
  const languages = Object.entries(LANGUAGES).map(([value, label]) => ({ value, label }));
  const form = buildForm({
    fields: [
      { name: "name", label: t("patient.name"), required: true, attributes: { autocomplete: "name" } },
      { name: "phone", label: t("patient.phone"), type: "tel", required: true, hint: clinic.sms === "simulated" ? "" : t("patient.phone_hint"), attributes: { autocomplete: "tel" } },
      { name: "sms_consent", label: t("patient.sms_consent_self"), type: "checkbox", hint: t("patient.sms_consent_hint") },
      { name: "date_of_birth", label: t("patient.date_of_birth"), type: "date", attributes: { autocomplete: "bday" } },
      { name: "language", label: t("patient.language"), type: "select", required: true, options: languages, value: currentLanguage() },
      { name: "username", label: t("login.username"), required: true, attributes: { autocomplete: "username", autocapitalize: "none", spellcheck: "false" } },
      { name: "password", label: t("login.password"), type: "password", required: true, hint: t("login.password_hint"), attributes: { autocomplete: "new-password" } },
    ],
    submit: t("patient.register"),
    extra: [h("a", { class: "button", href: "#/login", text: t("patient.have_account") })],
    onSubmit: async (values, key) => {
      await api.post("/api/patients/", given(values), key);
      await api.signIn(values.username, values.password);
      onDone();
    },
  });
  const element = h("section", { class: "card stack narrow" }, h("h1", { text: t("patient.register") }), form);
  return { element, title: t("patient.register") };
}
