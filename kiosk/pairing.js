/** What a screen shows that nobody has named yet: its code as large as a call, and how it becomes a display. */

import { setText } from "/static/base/dom.js";
import { t } from "/static/base/i18n.js";

export class PairingScreen {
  #section;

  /** @param {HTMLElement} section */
  constructor(section) {
    this.#section = section;
  }

  /** @param {string|null} code null: this screen is a display, or does not know yet */
  show(code) {
    this.#section.hidden = !code;
    if (!code) return;
    const [how, shown, where] = this.#section.querySelectorAll("p");
    setText(how, t("kiosk.pair_how"));
    setText(shown, `${code.slice(0, 3)} ${code.slice(3)}`);
    setText(where, t("kiosk.pair_where", { address: `${location.host}/console/` }));
    const picture = this.#section.querySelector("img");
    const source = `/kiosk/qr/${code}.svg`;
    if (picture.getAttribute("src") !== source) picture.src = source;
  }
}
