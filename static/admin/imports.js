/** Import: a file is uploaded, its columns are looked over, a check says what would be done, and only then it is. */

import { api } from "../base/api.js";
import { h } from "../base/dom.js";
import { buildForm } from "../base/forms.js";
import { dateAndTime, t } from "../base/i18n.js";
import { notice } from "../base/page.js";
import { confirmDialog, toast } from "../base/overlays.js";
import { attempt } from "./attempt.js";
import { columnsStep } from "./import-columns.js";
import { nameOf, PATH, uploadFile } from "./import-parts.js";
import { progressStep } from "./import-progress.js";
import { listView } from "./list.js";

const KINDS = ["patients", "appointments"];
const MOST_BYTES = 4 * 1024 * 1024;
const MOST_ROWS = 20_000;

export function importsView() {
  const element = h("div", { class: "stack" });
  let step = null;
  const shown = (next) => {
    step?.leave?.();
    step = next;
    element.replaceChildren(step.element);
    step.element.querySelector("[data-focus]")?.focus();
  };
  const home = () => shown({ element: h("div", { class: "stack" }, uploadCard(open), recent(open)) });
  /** @param {object} item @param {File} [file] while this page still has it, it can be read in another way */
  const open = (item, file = null) => {
    const steps = { home, columns: (current) => shown(columnsStep(current, file, steps)), progress: (current) => shown(progressStep(current, steps)), open };
    if (item.state === "uploaded") steps.columns(item);
    else steps.progress(item);
  };
  home();
  return { element, leave: () => step?.leave?.() };
}

function uploadCard(open) {
  const input = h("input", { type: "file", accept: ".csv,.txt,.tsv,text/csv,text/plain" });
  const file = {
    element: input,
    read: () => input.files[0]?.name ?? "",
  };
  const form = buildForm({
    fields: [
      { name: "kind", label: t("imports.kind"), type: "select", required: true, options: KINDS.map((value) => ({ value, label: t(`imports.kind.${value}`) })) },
      { name: "file", label: t("imports.file"), required: true, hint: t("imports.file_hint", { rows: MOST_ROWS }), control: file },
    ],
    submit: t("imports.upload"),
    onSubmit: async ({ kind }, key) => {
      const [chosen] = input.files;
      if (chosen.size > MOST_BYTES) {
        tooLarge.replaceChildren(notice("stopped", t("imports.too_large")));
        return;
      }
      open(await uploadFile(kind, chosen, {}, key), chosen);
    },
  });
  const tooLarge = h("div", { role: "alert" });
  input.addEventListener("change", () => tooLarge.replaceChildren());
  return h("section", { class: "card stack narrow-form" }, h("p", { text: t("imports.nothing_yet") }), form, tooLarge);
}

function recent(open) {
  const list = listView({
    path: PATH,
    empty: t("imports.none"),
    name: nameOf,
    columns: [
      { label: t("imports.file_name"), cell: (item) => h("button", { class: "link", type: "button", dir: "auto", text: nameOf(item), on: { click: () => open(item) } }) },
      { label: t("list.time"), cell: (item) => dateAndTime(item.created_at) },
      { label: t("imports.holds"), cell: (item) => t(`imports.kind.${item.kind}`) },
      { label: t("list.state"), cell: (item) => t(`imports.state.${item.state}`) },
      { label: t("imports.result"), cell: (item) => (item.state === "uploaded" ? "" : t("imports.summary", item)) },
    ],
    actions: (item, reload) => [{ label: t("action.remove"), danger: true, run: () => remove(item, reload) }],
  });
  return h("section", { class: "stack" }, h("h2", { text: t("imports.recent") }), list.element);
}

async function remove(item, done) {
  if (!(await confirmDialog(t("imports.remove_title", { name: nameOf(item) }), t("imports.remove_text"), t("action.remove")))) return;
  await attempt(async () => {
    await api.delete(`${PATH}${item.id}/`);
    toast(t("done.removed", { name: nameOf(item) }));
    done();
  });
}
