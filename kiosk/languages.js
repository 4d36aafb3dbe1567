/** The languages a display says things in: one after another, or only the first. */

import { mark, since } from "/static/base/clock.js";
import { currentLanguage, LANGUAGES, learn, switchTo } from "/static/base/i18n.js";
import { takeTurns } from "./words.js";

const EACH_FOR = 12_000;

export class Languages {
  #wanted = [];
  #rotate = false;
  #shown = 0;
  #since = mark();
  #changed;

  /** @param {() => void} changed everything is to be said anew */
  constructor(changed) {
    this.#changed = changed;
  }

  /** The languages in which calls are spoken. */
  get spoken() {
    return this.#wanted;
  }

  /** @param {string[]} wanted @param {boolean} rotate */
  use(wanted, rotate) {
    const same = wanted.join() === this.#wanted.join() && rotate === this.#rotate;
    if (same) return;
    this.#wanted = [...wanted];
    this.#rotate = rotate;
    this.#shown = 0;
    takeTurns(rotate ? this.#wanted : this.#wanted.slice(0, 1));
    Promise.allSettled(wanted.map(learn)).then(() => this.#show());
    // The others too: a screen must be able to start without network in any language it may be given.
    for (const code of Object.keys(LANGUAGES)) learn(code).catch(() => null);
  }

  /** Called every second. @param {boolean} busy a call covers the board: the next language waits until it is over */
  turn(busy) {
    if (!this.#wanted.length || busy || since(this.#since) < EACH_FOR) return;
    if (this.#rotate) this.#shown = (this.#shown + 1) % this.#wanted.length;
    // A language whose texts could not be loaded is tried again each time.
    if (this.#wanted[this.#shown] !== currentLanguage()) this.#show();
    this.#since = mark();
  }

  #show() {
    this.#since = mark();
    const code = this.#wanted[this.#shown];
    learn(code)
      .then(() => code === this.#wanted[this.#shown] && switchTo(code) && this.#changed())
      .catch(() => null);
  }
}
