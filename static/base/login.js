/** The log-in form that console, admin and patient pages share; after a one-time password it asks for one's own. */

import { api } from "./api.js";
import { h } from "./dom.js";
import { buildForm } from "./forms.js";
import { t } from "./i18n.js";
import { session } from "./session.js";

/** @param {(user: object) => void} onSignedIn @param {Node[]} [extra] further buttons beside "Log in" */
export function loginForm(onSignedIn, extra = []) {
  // A page that was loaded again before the own password was chosen.
  if (session.user?.must_change_password) return ownPasswordForm(onSignedIn);
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
      const own = ownPasswordForm(onSignedIn, password);
      form.replaceWith(own);
      own.querySelector("input").focus();
    },
  });
  return form;
}

/** What was given out at the desk has let in once and does not again; it is asked for where it is not known. */
function ownPasswordForm(onSignedIn, given = null) {
  const form = buildForm({
    fields: [
      ...(given === null ? [{ name: "old", label: t("login.given_password"), type: "password", required: true, attributes: { autocomplete: "current-password" } }] : []),
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
    onSubmit: async (values) => onSignedIn(await api.changePassword(given ?? values.old, values.new)),
  });
  return h("div", { class: "stack" }, h("p", { text: t("login.one_time") }), form);
}
