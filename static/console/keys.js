/**
 * Single-key shortcuts, off while somebody types or a dialog is open, and switchable for people whose voice software
 * types letters (WCAG 2.1.4).
 */

import { h } from "../base/dom.js";
import { settled } from "../base/focus.js";
import { t } from "../base/i18n.js";
import { openDialog } from "../base/overlays.js";
import { KEYS } from "./actions.js";

const OFF = "keys-off";

export const keysEnabled = () => !localStorage.getItem(OFF);

export function switchKeys() {
  if (keysEnabled()) localStorage.setItem(OFF, "1");
  else localStorage.removeItem(OFF);
}

/** @param {Record<string, () => void>} shortcuts by `event.key` @param {AbortSignal} signal */
export function listenForKeys(shortcuts, signal) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.repeat || !keysEnabled() || document.querySelector("dialog[open], .menu")) return;
    if (event.target.closest("input, select, textarea, [contenteditable]")) return;
    const run = shortcuts[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!run) return;
    event.preventDefault();
    settled();
    run();
  }, { signal });
}

/**
 * Ctrl+P works also where letters are typed: the box has the focus again after somebody joined. The browser's own
 * printing never comes, which would put everybody's names on paper.
 * @param {() => void} print @param {AbortSignal} signal
 */
export function onPrintKey(print, signal) {
  document.addEventListener("keydown", (event) => {
    const { key, code, repeat, target } = event;
    // Keyboards without Latin letters print by the place of the key, as browsers have it.
    const printing = key.toLowerCase() === "p" || (code === "KeyP" && !/^[\x20-\x7e]$/.test(key));
    if (!printing || event.altKey || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    // An open menu has a key P of its own.
    if (!repeat && !target.closest(".menu") && !document.querySelector(".dialog-cover[open]")) print();
  }, { signal, capture: true });
}

export function showKeys() {
  const keys = [
    ["/", "keys.find"],
    ["N", "keys.primary"],
    ["1–9", "keys.column"],
    ["↑ ↓", "keys.rows"],
    ["U", "keys.undo"],
    ["A", "keys.appointments"],
    ["P, Ctrl+P", "keys.print"],
    ["?", "keys.help"],
  ];
  // Of two actions with one key only one is offered at a time: the commoner one is named.
  const byKey = new Map(Object.entries(KEYS).reverse().map(([name, key]) => [key, `action.${name}`]));
  const onPatient = [...byKey].reverse();
  openDialog(t("keys.title"), h("div", { class: "key-lists" }, listed(keys), h("h3", { text: t("keys.on_patient") }), listed(onPatient)));
}

const listed = (keys) =>
  h("dl", { class: "keys" }, ...keys.flatMap(([key, text]) => [h("dt", {}, h("kbd", { text: key })), h("dd", { text: t(text) })]));
