/** Days without appointments as lines: `2026-12-24 – 2027-01-02 Christmas`, one day or from–to, and why. */

import { h } from "../base/dom.js";
import { t } from "../base/i18n.js";

const LINE = /^(\d{4}-\d{2}-\d{2})(?:\s*[–—]\s*|\s+-\s+|\s+)?(\d{4}-\d{2}-\d{2})?\s*(.*)$/;

/** A control for `buildForm`. @param {{first: string, last: string, note: string}[]} closures */
export function closuresControl(closures = []) {
  const element = h("textarea", { rows: 3, placeholder: t("closures.example"), spellcheck: "false" });
  element.value = closures.map(write).join("\n");
  return { element, read: () => element.value.split("\n").map((line) => line.trim()).filter(Boolean).map(read) };
}

const write = ({ first, last, note }) => [first === last ? first : `${first} – ${last}`, note].filter(Boolean).join(" ");

/** Whatever is no date is sent as it stands: the server names what is wrong with it. */
function read(line) {
  const [, first, last, note] = line.match(LINE) ?? [null, line, line, ""];
  return { first, last: last ?? first, note };
}
