/** The first step of an import: what each column of the file holds, and how its dates are read. */

import { api, newKey } from "../base/api.js";
import { h } from "../base/dom.js";
import { buildForm, given } from "../base/forms.js";
import { currentLanguage, LANGUAGES, t } from "../base/i18n.js";
import { fill, notice } from "../base/page.js";
import { explain } from "../base/problems.js";
import { explainStep, PATH, stepHead, uploadFile } from "./import-parts.js";

const PERSON = ["reference", "name", "given_name", "family_name", "phone", "date_of_birth"];
const FIELDS = { patients: [...PERSON, "language", "sms_consent"], appointments: [...PERSON, "doctor", "start", "date", "time"] };
const DATES = new Set(["date_of_birth", "start", "date"]);
const ENCODINGS = ["utf-8", "utf-16", "windows-1252", "windows-1256"];
const DELIMITERS = ["comma", "semicolon", "tab", "bar"];

/** @param {object} item @param {File|null} file @param {{home: () => void, progress: (item: object) => void, open: Function}} steps */
export function columnsStep(item, file, steps) {
  const fieldOf = Object.fromEntries(Object.entries(item.chosen).map(([field, at]) => [at, field]));
  const selects = item.columns.map((column, at) => meaning(item, column, fieldOf[at] ?? "", () => ask()));
  const chosen = () => Object.fromEntries(selects.map((select, at) => [select.value, at]).filter(([field]) => field));
  const order = h("select", { "aria-required": "true" }, ...["", "dmy", "mdy"].map((value) => h("option", { value, text: t(value ? `imports.date_order.${value}` : "imports.date_order_choose") })));
  const dates = h("label", { class: "field" }, h("span", { class: "group-label", text: t("imports.date_order") }), order);
  const problem = h("div", { role: "alert" });
  /** Where the dates of the file leave no doubt nobody is asked. */
  const ask = () => {
    const read = new Set(selects.map((select, at) => (DATES.has(select.value) ? item.columns[at].dates : "")).filter(Boolean));
    const certain = [...read].filter((each) => each !== "either");
    dates.hidden = read.size === 0 || (certain.length === 1 && certain[0] !== "mixed");
  };
  const language = h("select", {}, ...Object.entries(LANGUAGES).map(([value, text]) => h("option", { value, text })));
  language.value = item.state === "uploaded" ? currentLanguage() : item.language;
  const languages = item.kind === "patients" ? h("label", { class: "field" }, h("span", { class: "group-label", text: t("imports.language") }), language) : null;
  const go = h("button", { class: "button button-primary", type: "submit", text: t("imports.check") });
  const form = h("form", { class: "stack", novalidate: true }, table(item, selects), h("div", { class: "stack narrow-form" }, dates, languages, problem, h("div", { class: "buttons" }, go)));
  let sent = { text: "", key: "" };
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (go.getAttribute("aria-busy") === "true") return;
    const twice = selects.find((select, at) => select.value && selects.some((other, index) => index < at && other.value === select.value));
    if (twice || (!dates.hidden && !order.value)) {
      problem.replaceChildren(notice("stopped", t(twice ? "imports.twice" : "wrong.date_order")));
      (twice ?? order).focus();
      return;
    }
    const body = given({ columns: chosen(), date_order: dates.hidden ? null : order.value, language: language.value });
    if (sent.text !== JSON.stringify(body)) sent = { text: JSON.stringify(body), key: newKey() };
    go.setAttribute("aria-busy", "true");
    try {
      steps.progress(await api.post(`${PATH}${item.id}/check/`, body, sent.key));
    } catch (refusal) {
      problem.replaceChildren(notice("stopped", explainStep(refusal)));
    } finally {
      go.removeAttribute("aria-busy");
    }
  });
  ask();
  const intro = h("div", { class: "stack tight" }, h("h3", { text: t("imports.columns") }), h("p", { class: "soft", text: t("imports.columns_hint") }));
  return { element: h("div", { class: "stack" }, stepHead(item, steps.home), intro, form, readAs(item, file, steps)) };
}

function meaning(item, { name }, value, changed) {
  const options = ["", ...FIELDS[item.kind]].map((field) => h("option", { value: field, text: t(field ? `imports.field.${field}` : "imports.unused") }));
  const select = h("select", { "aria-label": t("imports.meaning_of", { column: name }), on: { change: changed } }, ...options);
  select.value = value;
  return select;
}

function table(item, selects) {
  const heads = ["imports.column", "imports.examples", "imports.meaning"].map((key) => h("th", { scope: "col", text: t(key) }));
  const rows = item.columns.map(({ name, samples }, at) =>
    h(
      "tr",
      {},
      h("td", { "data-label": t("imports.column") }, h("strong", { dir: "auto", text: name || `#${at + 1}` })),
      h("td", { "data-label": t("imports.examples"), class: "soft" }, h("span", { dir: "auto", text: samples.join(" · ") })),
      h("td", {}, selects[at]),
    ),
  );
  return h("div", { class: "table-wrap import-columns" }, h("table", {}, h("thead", {}, h("tr", {}, ...heads)), h("tbody", {}, ...rows)));
}

/** How the file was read; where the page still has it, it can be read in another way. */
function readAs(item, file, steps) {
  const between = item.delimiter === "\t" ? t("imports.delimiter.tab") : item.delimiter;
  const said = h("p", { class: "soft", text: t("imports.read_as", { encoding: item.encoding.toUpperCase(), delimiter: between }) });
  if (!file) return said;
  const guess = { value: "", label: t("imports.guess") };
  const form = buildForm({
    fields: [
      { name: "encoding", label: t("imports.encoding"), type: "select", plainLabel: true, options: [guess, ...ENCODINGS.map((value) => ({ value, label: value.toUpperCase() }))], value: item.encoding },
      { name: "delimiter", label: t("imports.delimiter"), type: "select", plainLabel: true, options: [guess, ...DELIMITERS.map((value) => ({ value, label: t(value === "tab" ? "imports.delimiter.tab_long" : `imports.delimiter.${value}`) }))] },
    ],
    submit: t("imports.read_again"),
    onSubmit: async (how, key) => {
      const again = await uploadFile(item.kind, file, given(how), key);
      await api.delete(`${PATH}${item.id}/`).catch(() => null); // it goes by itself after a week
      steps.open(again, file);
    },
  });
  return h("details", { class: "narrow-form" }, h("summary", { text: t("imports.looks_wrong") }), h("div", { class: "stack card" }, said, form));
}
