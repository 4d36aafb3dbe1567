/**
 * Texts on a board whose languages take turns. Each is laid down in all of them, one upon the other, and only the
 * present one is visible: so a text takes the same room whichever language it is in, and nothing on the board moves
 * when they change.
 */

import { h, reconcile, setAttribute, setText } from "/static/base/dom.js";
import { currentLanguage, directionOf, knows, sayIn, t } from "/static/base/i18n.js";

let turns = [];

/** From now on texts are laid down in these languages. @param {string[]} codes */
export function takeTurns(codes) {
  turns = codes;
}

/** The languages a text is said in now, the present one among them. @returns {string[]} */
export function languages() {
  const loaded = turns.filter(knows);
  return loaded.includes(currentLanguage()) ? loaded : [currentLanguage()];
}

/** A text in each of them. @param {() => string} say @returns {string[]} */
export const inEach = (say) => languages().map((code) => sayIn(code, say));

/** @param {HTMLElement} element @param {() => string} say the text in the present language */
export function setWords(element, say) {
  const present = currentLanguage();
  if (!element.hasAttribute("data-words")) {
    element.replaceChildren();
    element.setAttribute("data-words", "");
  }
  reconcile(element, languages(), String, makeWords, (text, code) => {
    setText(text, sayIn(code, say));
    setAttribute(text, "data-now", code === present);
    setAttribute(text, "aria-hidden", code === present ? null : "true");
  });
}

/** The texts that stand in the page itself, each under its key. @param {ParentNode} page */
export function sayPage(page) {
  for (const element of page.querySelectorAll("[data-text]")) setWords(element, () => t(element.dataset.text));
}

const makeWords = (code) => h("span", { lang: code, dir: directionOf(code) });
