/**
 * What staff ask of a screen: to load itself anew, or to show its name in large letters. They raise a counter; the
 * screen obeys each rise once, and takes the first number it ever sees for what has been done.
 */

import { setText } from "/static/base/dom.js";
import { keep, kept } from "./store.js";

const SHOWN_FOR = 15_000;

export class Orders {
  #name;
  #timer = null;
  #reload = false;

  /** @param {HTMLElement} name covers the board while the display says who it is */
  constructor(name) {
    this.#name = name;
  }

  /** @param {{id: string, name: string, asked: {reload: number, identify: number}}} display */
  obey({ id, name, asked }) {
    if (this.#rose(`${id}.identify`, asked.identify)) this.#identify(name);
    if (this.#rose(`${id}.reload`, asked.reload)) this.#reload = true;
  }

  /** Called every second. @param {boolean} busy a call covers the board: nobody's call is cut short */
  turn(busy) {
    if (!this.#reload || busy) return;
    this.#reload = false;
    location.reload();
  }

  #rose(what, count) {
    const key = `kiosk.asked.${what}`;
    const before = kept(key);
    if (before === count) return false;
    // What cannot be remembered is not obeyed: the screen would load itself for ever.
    return keep(key, count) && before !== null && count > before;
  }

  #identify(name) {
    clearTimeout(this.#timer);
    setText(this.#name, name);
    this.#name.hidden = false;
    this.#timer = setTimeout(() => (this.#name.hidden = true), SHOWN_FOR);
  }
}
