/** Actions outside a form say a refusal in a dialog, so that it is read before anything else happens. */

import { h } from "../base/dom.js";
import { t } from "../base/i18n.js";
import { openDialog } from "../base/overlays.js";
import { explain } from "../base/problems.js";

/** @param {() => Promise<void>} work */
export async function attempt(work) {
  try {
    await work();
  } catch (problem) {
    openDialog(t("dialog.refused"), h("p", { text: explain(problem) }));
  }
}
