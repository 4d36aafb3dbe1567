/**
 * The wording of the texts, one kind in one language at a time, with what the patient will read beside it. What was
 * typed and not saved stays while the administrator looks at other texts.
 */

import { api } from "../base/api.js";
import { h, setText, uniqueId } from "../base/dom.js";
import { currentLanguage, directionOf, LANGUAGES, t } from "../base/i18n.js";
import { kindName } from "../base/labels.js";
import { fill, notice } from "../base/page.js";
import { confirmDialog, toast } from "../base/overlays.js";
import { explain } from "../base/problems.js";

const TYPING = 200;
const SEGMENT = { gsm7: 160, ucs2: 70 };

export function textsView() {
  const element = h("div", { class: "stack" });
  let editor = { stop: () => {}, unsaved: () => 0 };
  fill(element, async () => (editor = buildEditor((await api.get("/api/settings/")).texts)).element, explain);
  const warn = (event) => editor.unsaved() && event.preventDefault();
  addEventListener("beforeunload", warn);
  const leave = () => {
    editor.stop();
    removeEventListener("beforeunload", warn);
  };
  return { element, leave, mayLeave: () => mayLose(editor.unsaved()) };
}

/** Whether the wordings that were typed and not saved may go. */
const mayLose = async (count) =>
  !count || confirmDialog(t("texts.leave"), t("texts.unsaved", { count }), t("texts.leave_anyway"), t("texts.stay"));

/** @param {Record<string, Record<string, string>>} saved templates by language and kind */
function buildEditor(saved) {
  const drafts = new Map();
  const language = choice(t("language.choose"), Object.keys(saved).map((code) => [code, LANGUAGES[code] ?? code]), currentLanguage());
  const kind = choice(t("notifications.kind"), Object.keys(Object.values(saved)[0]).map((name) => [name, kindName(name)]), "your_turn");
  const area = h("textarea", { id: uniqueId("text"), rows: 4, maxlength: 700, dir: "auto", spellcheck: "true" });
  const chips = h("div", { class: "buttons" });
  const preview = new Preview();
  const problem = h("div", { role: "alert" });
  const save = h("button", { class: "button button-primary", type: "button", text: t("action.save") });
  const standard = h("button", { class: "button", type: "button", text: t("texts.standard") });
  let standing = "";
  let timer;
  let asked = 0;

  const place = () => [language.value, kind.value];
  const look = async () => {
    const mine = (asked += 1);
    const [code, name] = place();
    try {
      const shown = await api.post("/api/settings/texts/preview/", { kind: name, language: code, template: area.value });
      if (mine !== asked) return;
      standing = shown.standard;
      preview.show(shown, code);
      showChips(chips, shown, insert);
      save.disabled = shown.problems.length > 0 || area.value.trim() === saved[code][name];
      standard.disabled = area.value.trim() === shown.standard;
      area.setAttribute("aria-invalid", String(shown.problems.length > 0));
      problem.replaceChildren();
    } catch (refusal) {
      if (mine === asked) problem.replaceChildren(notice("stopped", explain(refusal)));
    }
  };
  const typed = () => {
    drafts.set(place().join(), area.value);
    save.disabled = true;
    clearTimeout(timer);
    timer = setTimeout(look, TYPING);
  };
  const insert = (text) => {
    area.setRangeText(text, area.selectionStart, area.selectionEnd, "end");
    area.focus();
    typed();
  };
  const turn = () => {
    const [code, name] = place();
    area.value = drafts.get(place().join()) ?? saved[code][name];
    area.lang = code;
    clearTimeout(timer);
    look();
  };
  /** @param {string|null} template null: the standard wording */
  const keep = async (template) => {
    const [code, name] = place();
    try {
      saved = (await api.patch("/api/settings/", { texts: { [code]: { [name]: template } } })).texts;
      drafts.delete([code, name].join());
      toast(t("texts.saved"));
      turn();
    } catch (refusal) {
      problem.replaceChildren(notice("stopped", explain(refusal)));
    }
  };

  language.addEventListener("change", turn);
  kind.addEventListener("change", turn);
  area.addEventListener("input", typed);
  save.addEventListener("click", () => keep(area.value.trim()));
  standard.addEventListener("click", async () => {
    if (await confirmDialog(t("texts.standard"), standing, t("texts.standard"))) await keep(null);
  });
  turn();
  const label = h("label", { for: area.id, text: t("texts.template") });
  const left = h("div", { class: "stack" }, h("div", { class: "field" }, label, area), chips, h("p", { class: "hint", text: t("texts.brackets") }), problem, h("div", { class: "buttons" }, save, standard));
  const isNew = ([where, text]) => {
    const [code, name] = where.split(",");
    return text.trim() !== saved[code][name];
  };
  const unsaved = () => [...drafts].filter(isNew).length;
  const columns = h("div", { class: "text-editor" }, left, preview.element);
  return { element: h("div", { class: "card stack" }, h("div", { class: "filters" }, language.label, kind.label), columns), stop: () => clearTimeout(timer), unsaved };
}

/** A labelled select; `label` is the element to show. */
function choice(words, options, value) {
  const select = h("select", {}, ...options.map(([name, text]) => h("option", { value: name, text })));
  select.value = value;
  select.label = h("label", { class: "filter" }, h("span", { class: "small", text: words }), select);
  return select;
}

/** A button per placeholder the kind knows; one that may lack a value comes in its square brackets. */
function showChips(place, { placeholders, optional }, insert) {
  const wanted = placeholders.join();
  if (place.dataset.names === wanted) return;
  place.dataset.names = wanted;
  place.replaceChildren(
    ...placeholders.map((name) => {
      const text = optional.includes(name) ? `[ {${name}}]` : `{${name}}`;
      const words = h("span", { text: t(`placeholder.${name}`) });
      return h("button", { class: "button", type: "button", on: { click: () => insert(text) } }, words, h("bdi", { dir: "ltr", text }));
    }),
  );
}

/** What the patient will read, how many segments that costs, and what is wrong with it. */
class Preview {
  #body = h("p", { class: "text-bubble" });
  #size = h("p", { class: "small" });
  #letters = h("p", { class: "small soft", hidden: true });
  #wrong = h("div", { role: "status" });

  constructor() {
    const title = h("h2", { class: "small soft", text: t("texts.preview") });
    this.element = h("section", { class: "stack tight", "aria-label": t("texts.preview") }, title, this.#body, this.#size, this.#letters, this.#wrong);
  }

  show({ body, segments, units, alphabet, beyond_gsm7, problems }, language) {
    setText(this.#body, body);
    this.#body.lang = language;
    this.#body.dir = directionOf(language);
    setText(this.#size, `${t("texts.segments", { count: segments })} · ${t("texts.units", { units, most: SEGMENT[alphabet] })}`);
    // Arabic is never GSM-7: naming every letter of it would tell nobody anything.
    const letters = language === "ar" ? "" : beyond_gsm7;
    this.#letters.hidden = !letters;
    setText(this.#letters, letters ? t("texts.beyond", { letters: [...letters].join(" ") }) : "");
    const english = currentLanguage() === "en";
    const sentences = english ? problems.map((problem) => t("texts.problem", { problem })) : [];
    const words = problems.length ? [t("texts.wrong"), ...sentences].join(" ") : "";
    if (this.#wrong.textContent !== words) this.#wrong.replaceChildren(...(words ? [notice("attention", words)] : []));
  }
}
