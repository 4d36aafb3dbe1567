/** The languages a display says things in: one after another, or only the first. */

import { learn, switchTo } from "/static/base/i18n.js";

const EACH_FOR = 12_000;

export class Languages {
  #wanted = [];
  #rotate = false;
  #shown = 0;
  #since = Date.now();
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
    // A language whose texts cannot be loaded now is passed over until they can.
    Promise.allSettled(wanted.map((code) => learn(code))).then(() => this.#show());
  }

  /** Called every second. */
  turn() {
    if (!this.#rotate || this.#wanted.length < 2 || Date.now() - this.#since < EACH_FOR) return;
    this.#shown = (this.#shown + 1) % this.#wanted.length;
    this.#show();
  }

  #show() {
    this.#since = Date.now();
    const code = this.#wanted[this.#shown];
    learn(code)
      .then(() => switchTo(code) && this.#changed())
      .catch(() => null);
  }
}
