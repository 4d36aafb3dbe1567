/** Days without appointments as lines: `2026-12-24 – 2027-01-02 Christmas`, one day or from–to, and why. */

import { h } from "../base/dom.js";
import { t } from "../base/i18n.js";

const DATE = String.raw`\d{4}-\d{2}-\d{2}`;
/** What people write between the first and the last day. */
const UNTIL = String.raw`(?:\s*(?:[-–—‒−~/→]|\.{2,3}|…)\s*|\s+(?:to|until|till|through|al?|hasta|au|à|jusqu['’]au|إلى|الى|حتى)\s+)`;
const RANGE = new RegExp(`^(${DATE})(?:${UNTIL}|\\s+)(${DATE})(?!\\d)\\s*(.*)$`, "iu");
const ONE_DAY = new RegExp(`^(${DATE})(?!\\d)(?:\\s*[–—-]\\s*|\\s*)(.*)$`, "u");
/** A second day that is written in some other way. */
const UNCLEAR = new RegExp(`${DATE}.*${DATE}|^${DATE}${UNTIL}\\d`, "iu");

/** A control for `buildForm`. @param {{first: string, last: string, note: string}[]} closures */
export function closuresControl(closures = []) {
  const element = h("textarea", { rows: 3, placeholder: t("closures.example"), spellcheck: "false" });
  // What is kept already is sent as it came, whatever its note looks like.
  const kept = new Map(closures.map((each) => [write(each), each]));
  element.value = [...kept.keys()].join("\n");
  return { element, read: () => element.value.split("\n").map((line) => line.trim()).filter(Boolean).map((line) => kept.get(line) ?? read(line)) };
}

const write = ({ first, last, note }) => [first === last ? first : `${first} – ${last}`, note].filter(Boolean).join(" ");

/** Nothing is guessed: a line that is neither one day nor a range is sent as it stands, and the server refuses it. */
function read(line) {
  const [, from, until, why] = line.match(RANGE) ?? [];
  if (from) return { first: from, last: until, note: why };
  const [, day, note] = (!UNCLEAR.test(line) && line.match(ONE_DAY)) || [null, line, ""];
  return { first: day, last: day, note };
}
