/** The log-in form that console, admin and patient pages share. */

import { api } from "./api.js";
import { buildForm } from "./forms.js";
import { t } from "./i18n.js";

/** @param {(user: object) => void} onSignedIn @param {Node[]} [extra] further buttons beside "Log in" */
export function loginForm(onSignedIn, extra = []) {
  return buildForm({
    fields: [
      {
        name: "username",
        label: t("login.username"),
        required: true,
        attributes: { autocomplete: "username", autocapitalize: "none", spellcheck: "false", autofocus: true },
      },
      {
        name: "password",
        label: t("login.password"),
        type: "password",
        required: true,
        attributes: { autocomplete: "current-password" },
      },
    ],
    submit: t("login.submit"),
    extra,
    onSubmit: async ({ username, password }) => onSignedIn(await api.signIn(username, password)),
  });
}
