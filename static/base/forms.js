/**
 * Forms from a list of fields: labels, hints, required marks, refusals beside the field they belong to. What was
 * typed stays until it is accepted. The same contents sent twice carry the same key, so they count once.
 */

import { connection, newKey } from "./api.js";
import { h, uniqueId } from "./dom.js";
import { t } from "./i18n.js";
import { notice } from "./page.js";
import { explain, explainField } from "./problems.js";

/**
 * @typedef {{name: string, label: string, section?: string, type?: string, required?: boolean, hint?: string, value?: unknown,
 *   options?: {value: string, label: string}[], attributes?: object, control?: Control}} Field
 * @typedef {{element: Element, read: () => unknown, focusable?: Element, group?: boolean, missing?: string,
 *   refuse?: (message: string, path: string[]) => boolean, focus?: () => void}} Control
 * @param {{fields: Field[], submit: string, onSubmit: (values: object, key: string) => Promise<void>,
 *   extra?: Node[]}} options `control` brings an input of its own (opening hours); `section` is a heading before the field
 * @returns {HTMLFormElement}
 */
export function buildForm({ fields, submit, onSubmit, extra = [] }) {
  const parts = fields.map(buildField);
  const summary = h("div", { role: "alert" });
  const button = h("button", { class: "button button-primary", type: "submit", text: submit });
  const rows = parts.flatMap((part) => (part.section ? [h("h2", { text: part.section }), part.element] : [part.element]));
  const form = h("form", { class: "form", novalidate: true }, summary, ...rows);
  form.append(h("div", { class: "buttons" }, button, ...extra));
  let sent = { text: "", key: "" };

  // A form that begins anew has nothing wrong with it.
  form.addEventListener("reset", () => {
    summary.replaceChildren();
    for (const part of parts) part.refuse("");
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.getAttribute("aria-busy") === "true") return;
    summary.replaceChildren();
    const missing = parts.filter((part) => part.check());
    if (missing.length) {
      missing[0].focus();
      return;
    }
    const values = Object.fromEntries(parts.map((part) => [part.name, part.read()]));
    const text = JSON.stringify(values);
    if (sent.text !== text) sent = { text, key: newKey() };
    button.setAttribute("aria-busy", "true");
    try {
      await onSubmit(values, sent.key);
    } catch (problem) {
      showProblem(problem, parts, summary);
    } finally {
      button.removeAttribute("aria-busy");
    }
  });
  return form;
}

function showProblem(problem, parts, summary) {
  const beside = [];
  for (const error of problem.errors ?? []) {
    const path = error.field.split(".");
    const part = parts.find((each) => path.includes(each.name));
    if (!part) continue;
    part.refuse(explainField(error), path);
    beside.push(part);
  }
  if (beside.length) beside[0].focus();
  else {
    const said = notice("stopped", problem.code === "offline" ? t("error.offline_typed") : explain(problem));
    summary.append(said);
    // Once the line is back it is no news any more.
    if (problem.code === "offline") connection.addEventListener("change", () => said.remove(), { once: true });
  }
}

function buildField(field) {
  const id = uniqueId("field");
  const wrong = h("p", { class: "wrong", id: `${id}-wrong`, hidden: true });
  const hint = field.hint ? h("p", { class: "hint", id: `${id}-hint`, text: field.hint }) : null;
  const control = field.control ?? standardControl(field, id);
  const target = control.focusable ?? control.element;
  if (field.control && !control.group) target.id ||= id;
  const described = [target.getAttribute("aria-describedby"), hint && `${id}-hint`, `${id}-wrong`].filter(Boolean).join(" ");
  target.setAttribute("aria-describedby", described);

  const refuse = (message, path = []) => {
    // A control of several inputs may show the fault at the one it concerns.
    if (control.refuse?.(message, path)) return;
    wrong.textContent = message;
    wrong.hidden = !message;
    if (message) target.setAttribute("aria-invalid", "true");
    else target.removeAttribute("aria-invalid");
  };
  // A control that shows its faults itself also takes them back.
  (control.refuse ? target : control.element).addEventListener("input", () => refuse(""));
  return {
    name: field.name,
    label: field.label,
    section: field.section,
    read: control.read,
    refuse,
    focus: () => (control.focus ? control.focus() : target.focus()),
    check: () => {
      const value = control.read();
      const fault = field.required && isEmpty(value) ? (control.missing ?? t("form.required")) : field.type === "number" ? outside(target, value) : "";
      refuse(fault);
      return Boolean(fault);
    },
    element: frame(field, id, control, hint, wrong),
  };
}

/** What is wrong with a number: whole, and within the field's bounds. */
function outside({ min, max, validity }, value) {
  const whole = value === null ? !validity.badInput : Number.isInteger(value);
  if (whole && (value === null || ((min === "" || value >= Number(min)) && (max === "" || value <= Number(max))))) return "";
  return min === "" || max === "" ? t("form.number") : t("form.between", { min: Number(min), max: Number(max) });
}

function frame(field, id, control, hint, wrong) {
  if (field.type === "checkbox") {
    const label = h("label", { class: "check", for: id }, control.element, h("span", { text: field.label }));
    return h("div", { class: "field" }, label, hint, wrong);
  }
  const text = field.required ? field.label : t("form.optional", { label: field.label });
  const label = control.group
    ? h("p", { class: "group-label", id: `${id}-label`, text: field.plainLabel ? field.label : text })
    : h("label", { for: id, text: field.plainLabel ? field.label : text });
  if (control.group) {
    control.element.setAttribute("role", "group");
    control.element.setAttribute("aria-labelledby", `${id}-label`);
  }
  return h("div", { class: "field" }, label, hint, control.element, wrong);
}

function standardControl(field, id) {
  const attributes = { id, name: field.name, ...field.attributes };
  if (field.required) attributes["aria-required"] = "true";
  if (field.type === "select") {
    const element = h("select", attributes);
    for (const option of field.options) element.append(h("option", { value: option.value, text: option.label }));
    element.value = field.value ?? field.options[0]?.value ?? "";
    return { element, read: () => element.value };
  }
  if (field.type === "checkbox") {
    const element = h("input", { ...attributes, type: "checkbox" });
    element.checked = Boolean(field.value);
    return { element, read: () => element.checked };
  }
  const element = h("input", { type: field.type ?? "text", maxlength: 200, ...attributes });
  element.value = field.value ?? "";
  if (field.type === "number") return { element, read: () => (element.value === "" ? null : element.valueAsNumber) };
  return { element, read: () => (field.type === "password" ? element.value : element.value.trim()) };
}

const isEmpty = (value) => value === "" || value === null || value === undefined;

/** Only what differs from `before`, so that two people at work on different fields do not undo each other. */
export const changed = (before, values) => Object.fromEntries(Object.entries(values).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(before[name] ?? "")));

/** The values without those left empty, for bodies whose fields are optional. */
export const given = (values) => Object.fromEntries(Object.entries(values).filter(([, value]) => !isEmpty(value)));
