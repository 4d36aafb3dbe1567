/** The clinic's announcements, one after another in a line of their own; nothing runs across the screen. */

import { setText } from "/static/base/dom.js";
import { currentLanguage } from "/static/base/i18n.js";

const EACH_FOR = 10_000;

export class Ticker {
  #line;
  #all = [];
  #shown = 0;
  #since = 0;

  /** @param {HTMLElement} line */
  constructor(line) {
    this.#line = line;
  }

  /** @param {{text: string, language: string|null}[]} announcements */
  take(announcements) {
    this.#all = announcements;
    this.#show();
  }

  /** Called every second. */
  turn() {
    if (Date.now() - this.#since < EACH_FOR) return;
    this.#shown += 1;
    this.#show();
  }

  #show() {
    const mine = this.#all.filter(({ language }) => !language || language === currentLanguage());
    this.#line.hidden = !mine.length;
    if (!mine.length) return;
    const { text } = mine[this.#shown % mine.length];
    if (this.#line.textContent !== text) this.#since = Date.now();
    setText(this.#line, text);
    if (mine.length === 1) this.#since = Date.now();
  }
}
