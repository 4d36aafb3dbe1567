/**
 * The clinic's announcements, one after another in a line of their own; nothing runs across the screen. One that is
 * longer than the line is told part by part. The line stays while the board speaks a language in which there is none,
 * so that nothing moves.
 */

import { mark, since } from "/static/base/clock.js";
import { setText } from "/static/base/dom.js";
import { currentLanguage } from "/static/base/i18n.js";
import { languages } from "./words.js";

const EACH_FOR = 10_000;

export class Ticker {
  #line;
  #all = [];
  #shown = 0;
  /** What is left to tell of the present announcement. */
  #rest = "";
  #whole = null;
  #since = mark();

  /** @param {HTMLElement} line */
  constructor(line) {
    this.#line = line;
    let width = 0;
    new ResizeObserver(() => {
      if (line.clientWidth === width) return;
      width = line.clientWidth;
      this.#begin();
    }).observe(line);
  }

  /** @param {{text: string, language: string|null}[]} announcements */
  take(announcements) {
    this.#all = announcements;
    const turns = languages();
    this.#line.hidden = !this.#all.some(({ language }) => !language || turns.includes(language));
    if (this.#present() !== this.#whole) this.#begin();
  }

  /** Called every second. */
  turn() {
    if (since(this.#since) < EACH_FOR) return;
    if (this.#rest) {
      this.#tell(this.#rest);
      return;
    }
    this.#shown += 1;
    this.#begin();
  }

  /** The announcement whose turn it is; empty where there is none in the present language. */
  #present() {
    const mine = this.#all.filter(({ language }) => !language || language === currentLanguage());
    return mine.length ? mine[this.#shown % mine.length].text : "";
  }

  #begin() {
    this.#whole = this.#present();
    this.#tell(this.#whole);
  }

  /** As many words as the line holds; one at least. */
  #tell(text) {
    this.#since = mark();
    setText(this.#line, text);
    const words = text.split(" ");
    // Parts of about the same length: nobody waits ten seconds for a last word alone.
    const part = text.length / Math.max(1, Math.ceil(this.#line.scrollWidth / Math.max(1, this.#line.clientWidth)));
    let count = 1;
    while (count < words.length && words.slice(0, count).join(" ").length < part) count += 1;
    setText(this.#line, words.slice(0, count).join(" "));
    while (count > 1 && this.#line.scrollWidth > this.#line.clientWidth + 1) {
      count -= 1;
      setText(this.#line, words.slice(0, count).join(" "));
    }
    this.#rest = words.slice(count).join(" ");
  }
}
