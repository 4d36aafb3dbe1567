/**
 * The one search box: finds a patient by name, phone or birth date as you type, and turns what was typed into a
 * walk-in or a registration when nobody fits. A combobox after the ARIA pattern: arrows choose, Enter takes.
 */

import { api } from "../base/api.js";
import { h, setAttribute } from "../base/dom.js";
import { t } from "../base/i18n.js";
import { icon } from "../base/icons.js";
import { explain } from "../base/problems.js";

const PAUSE = 180;
const SHOWN = 8;

/** @param {{onPatient: (patient) => void, onWalkIn: (text) => void, onRegister: (text) => void}} chosen */
export function buildFinder({ onPatient, onWalkIn, onRegister }) {
  const input = h("input", {
    type: "search",
    role: "combobox",
    autocomplete: "off",
    spellcheck: "false",
    maxlength: 100,
    "aria-expanded": "false",
    "aria-controls": "found",
    "aria-autocomplete": "list",
    "aria-label": t("finder.label"),
    placeholder: t("finder.placeholder"),
  });
  const list = h("ul", { id: "found", role: "listbox", class: "found", "aria-label": t("finder.results"), hidden: true });
  const hint = h("kbd", { class: "finder-key", "aria-hidden": "true", text: "/" });
  const element = h("div", { class: "finder", role: "search" }, icon("search"), input, hint, list);
  let options = [];
  let active = -1;
  let timer;
  let asked = 0;
  let offered = "";

  const close = () => {
    list.hidden = true;
    active = -1;
    setAttribute(input, "aria-expanded", "false");
    setAttribute(input, "aria-activedescendant", null);
  };

  const clear = () => {
    input.value = "";
    options = [];
    close();
  };

  const activate = (index) => {
    active = index;
    options.forEach((option, at) => setAttribute(option.element, "aria-selected", at === index));
    setAttribute(input, "aria-activedescendant", options[index]?.element.id);
    options[index]?.element.scrollIntoView({ block: "nearest" });
  };

  const take = (index) => {
    const option = options[index];
    if (!option) return;
    clear();
    option.run();
  };

  const offer = (patients, text, words) => {
    offered = text;
    options = [
      ...patients.slice(0, SHOWN).map((patient) => ({ patient, run: () => onPatient(patient) })),
      { label: t("finder.walk_in", { text }), run: () => onWalkIn(text) },
      { label: t("finder.register", { text }), run: () => onRegister(text) },
    ];
    options.forEach((option, index) => {
      option.element = h("li", { role: "option", id: `found-${index}`, "aria-selected": "false" }, ...(option.patient ? describe(option.patient) : [icon("plus"), h("span", { text: option.label })]));
      option.element.addEventListener("pointerdown", (event) => event.preventDefault());
      option.element.addEventListener("click", () => take(index));
    });
    const said = words ? h("li", { class: "found-note", role: "presentation", text: words }) : null;
    list.replaceChildren(...[said, ...options.map((option) => option.element)].filter(Boolean));
    list.hidden = false;
    setAttribute(input, "aria-expanded", "true");
    activate(0);
  };

  const look = async () => {
    const text = input.value.trim();
    const mine = (asked += 1);
    if (!text) {
      close();
      return;
    }
    if (text.length < 2) {
      offer([], text, t("finder.go_on"));
      return;
    }
    try {
      const { items } = await api.get("/api/patients/", { q: text, limit: SHOWN });
      if (mine === asked) offer(items, text, items.length ? null : t("finder.nobody"));
    } catch (problem) {
      if (mine === asked) offer([], text, explain(problem));
    }
  };

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(look, PAUSE);
  });
  input.addEventListener("focus", () => options.length && input.value && (list.hidden = false));
  input.addEventListener("blur", close);
  input.addEventListener("keydown", async (event) => {
    if (event.key === "Escape") clear();
    // The key that leads here, pressed once more out of habit, is no part of a name.
    else if (event.key === "/" && !input.value) list.hidden = true;
    else if (event.key === "ArrowDown" && options.length) activate((active + 1) % options.length);
    else if (event.key === "ArrowUp" && options.length) activate((active - 1 + options.length) % options.length);
    else if (event.key === "Enter") {
      // Enter right after typing must not take an answer to what was typed before.
      clearTimeout(timer);
      if (offered !== input.value.trim()) await look();
      take(active);
    } else return;
    event.preventDefault();
  });

  return { element, focus: () => input.focus() };
}

function describe(patient) {
  const facts = [patient.date_of_birth, patient.phone_masked].filter(Boolean).join(" · ");
  return [icon("person"), h("span", { dir: "auto", text: patient.name }), h("span", { class: "soft found-facts", dir: "ltr", text: facts })];
}
