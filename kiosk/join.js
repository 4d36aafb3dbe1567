/** The picture patients scan to join the queue, where joining is possible on site only. */

import { setText } from "/static/base/dom.js";
import { t } from "/static/base/i18n.js";
import { setWords } from "./words.js";

/** @param {HTMLElement} card @param {{code: string, url: string}|null} join null: joining needs no code, or none is known */
export function showJoin(card, join) {
  card.hidden = !join;
  if (!join) return;
  const picture = card.querySelector("img");
  const source = `/kiosk/join/${join.code}.svg`;
  if (picture.getAttribute("src") !== source) picture.src = source;
  const [, how, code] = card.children;
  setWords(how, () => t("kiosk.join"));
  setText(code, `${join.code.slice(0, 3)} ${join.code.slice(3)}`);
}
