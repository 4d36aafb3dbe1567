/** Connecting a TV: the code it shows, and what it is to show from now on. */

import { api } from "../base/api.js";
import { displayFields } from "../base/display-form.js";
import { buildForm } from "../base/forms.js";
import { t } from "../base/i18n.js";
import { openDialog, toast } from "../base/overlays.js";

/** @param {{id: string, name: string}[]} doctors @param {string} [code] as a phone has scanned it */
export function connectDisplay(doctors, code = "") {
  const form = buildForm({
    fields: [
      { name: "code", label: t("displays.code"), hint: t("displays.code_hint"), required: true, value: code, attributes: { autocomplete: "off", autocapitalize: "characters", spellcheck: "false" } },
      ...displayFields(null, doctors),
    ],
    submit: t("displays.connect"),
    onSubmit: async (values, key) => {
      await api.post("/api/displays/pair/", values, key);
      dialog.close();
      toast(t("displays.connected", { name: values.name }));
    },
  });
  const dialog = openDialog(t("displays.connect"), form);
}

/** The code in an address such as `/console/#/pair/ABC234`, once. */
export function scannedCode() {
  const [, code] = location.hash.match(/^#\/pair\/(\w+)$/) ?? [];
  if (code) history.replaceState(null, "", location.pathname + location.search);
  return code ?? null;
}
