/**
 * What staff ask of a screen: to load itself anew, or to show its name in large letters. They raise a counter; the
 * screen obeys each rise once, and takes the first number it ever sees for what has been done.
 */

import { setText } from "/static/base/dom.js";
import { lasting } from "./store.js";

const SHOWN_FOR = 15_000;

export class Orders {
  #name;
  #timer = null;

  /** @param {HTMLElement} name covers the board while the display says who it is */
  constructor(name) {
    this.#name = name;
  }

  /** @param {{id: string, name: string, asked: {reload: number, identify: number}}} display */
  obey({ id, name, asked }) {
    if (this.#rose(`${id}.identify`, asked.identify)) this.#identify(name);
    if (this.#rose(`${id}.reload`, asked.reload)) location.reload();
  }

  #rose(what, count) {
    const key = `kiosk.asked.${what}`;
    const before = lasting.get(key);
    if (before === String(count)) return false;
    lasting.set(key, count);
    return before !== null && count > Number(before);
  }

  #identify(name) {
    clearTimeout(this.#timer);
    setText(this.#name, name);
    this.#name.hidden = false;
    this.#timer = setTimeout(() => (this.#name.hidden = true), SHOWN_FOR);
  }
}
