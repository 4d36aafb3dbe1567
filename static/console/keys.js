/**
 * Single-key shortcuts, off while somebody types or a dialog is open, and switchable for people whose voice software
 * types letters (WCAG 2.1.4).
 */

import { h } from "../base/dom.js";
import { settled } from "../base/focus.js";
import { t } from "../base/i18n.js";
import { openDialog } from "../base/overlays.js";

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
  const onPatient = [
    ["C", "action.call"],
    ["R", "action.recall"],
    ["S", "action.start"],
    ["F", "action.finish"],
    ["B", "action.put-back"],
    ["X", "action.no-show"],
    ["H", "action.hold"],
    ["T", "action.transfer"],
    ["Y", "action.priority"],
    ["E", "action.first"],
    ["M", "action.move"],
    ["P", "action.print"],
    ["L", "action.left"],
    ["D", "action.cancel"],
  ];
  openDialog(t("keys.title"), h("div", { class: "key-lists" }, listed(keys), h("h3", { text: t("keys.on_patient") }), listed(onPatient)));
}

const listed = (keys) =>
  h("dl", { class: "keys" }, ...keys.flatMap(([key, text]) => [h("dt", {}, h("kbd", { text: key })), h("dd", { text: t(text) })]));
