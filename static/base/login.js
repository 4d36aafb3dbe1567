/** The log-in form that console, admin and patient pages share; after a one-time password it asks for one's own. */

import { api } from "./api.js";
import { h } from "./dom.js";
import { buildForm } from "./forms.js";
import { t } from "./i18n.js";

/** @param {(user: object) => void} onSignedIn @param {Node[]} [extra] further buttons beside "Log in" */
export function loginForm(onSignedIn, extra = []) {
  const form = buildForm({
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
    onSubmit: async ({ username, password }) => {
      const user = await api.signIn(username, password);
      if (!user.must_change_password) {
        onSignedIn(user);
        return;
      }
      const own = ownPasswordForm(password, onSignedIn);
      form.replaceWith(own);
      own.querySelector("input").focus();
    },
  });
  return form;
}

/** What was given out at the desk has let in once and does not again. */
function ownPasswordForm(old, onSignedIn) {
  const form = buildForm({
    fields: [
      {
        name: "new",
        label: t("login.new_password"),
        hint: t("login.password_hint"),
        type: "password",
        required: true,
        attributes: { autocomplete: "new-password" },
      },
    ],
    submit: t("login.keep_password"),
    onSubmit: async (values) => onSignedIn(await api.changePassword(old, values.new)),
  });
  return h("div", { class: "stack" }, h("p", { text: t("login.one_time") }), form);
}
