/** What appears above the page: toasts that say what happened, and dialogs. */

import { h, uniqueId } from "./dom.js";
import { moveFocus } from "./focus.js";
import { t } from "./i18n.js";
import { icon } from "./icons.js";
import { closeMenu } from "./menu.js";

const SHOWN = 8_000;
let region = null;
let barred = false;

/** Nobody is signed in any more: what stands above the page goes, and what a late answer would open does not appear. */
export function barOverlays() {
  barred = true;
  closeMenu();
  for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
  region?.replaceChildren();
}

export function allowOverlays() {
  barred = false;
}

/**
 * Say what happened. With `action`, a button for as long as it makes sense (`stays`, in milliseconds).
 * @param {string} text @param {{kind?: "stopped", action?: {label: string, run: () => void}, stays?: number}} [options]
 * @returns {() => void} takes the toast away
 */
export function toast(text, { kind, action, stays = SHOWN } = {}) {
  if (barred) return () => {};
  region ??= document.body.appendChild(h("div", { class: "toasts", role: "status" }));
  // Nothing outside an open dialog can be read or pressed; nothing at all over the cover of a locked page.
  const locked = document.querySelector(".dialog-cover[open]");
  const above = locked ? document.body : ([...document.querySelectorAll("dialog[open]")].at(-1) ?? document.body);
  if (region.parentElement !== above) above.append(region);
  const element = h("div", { class: kind ? `toast toast-${kind}` : "toast" }, h("span", { text }));
  let timer;
  const gone = () => {
    clearTimeout(timer);
    const held = element.contains(document.activeElement);
    element.remove();
    if (held) moveFocus(document.querySelector("#main"), { preventScroll: true });
  };
  const start = () => (timer = setTimeout(gone, stays));
  if (action) {
    const run = () => {
      gone();
      action.run();
    };
    element.append(h("button", { type: "button", text: action.label, on: { click: run } }));
  }
  // Somebody reaching for the button keeps it.
  for (const type of ["pointerenter", "focusin"]) element.addEventListener(type, () => clearTimeout(timer));
  for (const type of ["pointerleave", "focusout"]) element.addEventListener(type, start);
  while (region.childElementCount >= 2) region.firstElementChild.remove();
  region.append(element);
  start();
  return gone;
}

/**
 * A modal dialog. Escape and the cross close it; focus returns to where it was, or to what was around that.
 * @param {string} title @param {(Node|null)[]} content @returns {{element: HTMLDialogElement, close: () => void}}
 */
export function openDialog(title, ...content) {
  const id = uniqueId("dialog");
  const close = () => {
    if (!element.open) return;
    moveFocus(null);
    element.close();
    writeOn();
  };
  const cross = h("button", { class: "button button-plain button-icon", type: "button", "aria-label": t("dialog.close"), on: { click: close } });
  cross.append(icon("close"));
  const around = document.activeElement?.closest('[tabindex="-1"]');
  const head = h("div", { class: "dialog-head" }, h("h2", { id, text: title }), cross);
  const element = h("dialog", { class: "dialog", "aria-labelledby": id }, head, ...content);
  // Escape, closed here and now: what is typed next must not arrive before the caret does.
  element.addEventListener("cancel", (event) => {
    if (event.target !== element || element.matches(".dialog-cover")) return;
    event.preventDefault();
    element.close();
    writeOn();
  });
  element.addEventListener("close", (event) => {
    // Closed and shown again at once: it was only raised.
    if (element.open) {
      event.stopImmediatePropagation();
      return;
    }
    if (region && element.contains(region)) document.body.append(region);
    element.remove();
    if (document.activeElement === document.body) around?.focus({ preventScroll: true });
    writeOn();
  });
  if (barred) {
    // Whoever waits for an answer gets the one of a dialog that is closed.
    queueMicrotask(() => element.dispatchEvent(new Event("close")));
    return { element, close };
  }
  const raiseCover = coverAbove();
  document.body.append(element);
  element.showModal();
  // Whoever opened it goes on at once: name, Enter, Enter.
  element.querySelector("[autofocus], .form input, .form select, .form button, button.button-primary")?.focus();
  raiseCover();
  return { element, close };
}

/** The browser leads the focus back, but the caret went with the dialog: without it typed keys arrive nowhere. */
function writeOn() {
  const focused = document.activeElement;
  if (!focused?.matches("input, textarea")) return;
  focused.blur();
  focused.focus({ preventScroll: true });
}

/** A locked page's cover goes above what is opened now, and who types in it types on. */
function coverAbove() {
  const cover = document.querySelector(".dialog-cover[open]");
  const focused = document.activeElement;
  return () => {
    if (!cover) return;
    cover.close();
    cover.showModal();
    if (cover.contains(focused)) focused.focus();
  };
}

/** Ask before something that cannot be taken back. Resolves to whether the person meant it; `keep` words the way out. */
export function confirmDialog(title, text, doIt, keep = t("dialog.keep")) {
  return new Promise((answer) => {
    let meant = false;
    const yes = h("button", { class: "button button-danger", type: "button", text: doIt });
    const no = h("button", { class: "button", type: "button", autofocus: true, text: keep });
    const { element, close } = openDialog(title, h("p", { text }), h("div", { class: "buttons dialog-foot" }, yes, no));
    yes.addEventListener("click", () => {
      meant = true;
      close();
    });
    no.addEventListener("click", close);
    element.addEventListener("close", () => answer(meant));
  });
}
