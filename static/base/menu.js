/** A menu of actions under a button: arrow keys, the actions' keys or first letters, Escape; it closes when the page moves on. */

import { h, uniqueId } from "./dom.js";
import { moveFocus } from "./focus.js";

let closeOpenMenu = () => {};

/** Close whatever menu is open. */
export const closeMenu = () => closeOpenMenu();

/**
 * @param {HTMLElement} anchor the button it belongs to
 * @param {({label: string, keys?: string, danger?: boolean, run: () => void}|null)[]} items null draws a line
 * @param {HTMLElement} [head] what is to be read before one chooses
 */
export function openMenu(anchor, items, head) {
  closeOpenMenu();
  const entries = items.map((item) => (item ? entry(item) : h("hr")));
  if (head) head.id = uniqueId("menu-head");
  const named = { "aria-label": anchor.getAttribute("aria-label") ?? anchor.textContent, "aria-describedby": head?.id };
  // It may have the focus itself: whoever presses its heading, perhaps to copy it, stays in the menu.
  const menu = h("div", { class: "menu", role: "menu", tabindex: -1, ...named }, head, ...entries);
  const buttons = entries.filter((element) => element.localName === "button");

  /** Where the focus goes when the button itself has gone. */
  const around = anchor.closest('[tabindex="-1"]');

  const close = ({ refocus = true } = {}) => {
    closeOpenMenu = () => {};
    menu.remove();
    anchor.setAttribute("aria-expanded", "false");
    document.removeEventListener("pointerdown", outside, true);
    document.removeEventListener("keydown", escape, true);
    removeEventListener("resize", leave);
    removeEventListener("scroll", leave, true);
    if (refocus) (anchor.isConnected ? anchor : around)?.focus({ preventScroll: true });
  };
  /** The focus goes back to the button, where a second press would open the menu again. */
  const choose = (item) => {
    close();
    moveFocus(null);
    item.run();
  };
  const opened = anchor.getBoundingClientRect();
  const leave = () => {
    const { top, left } = anchor.getBoundingClientRect();
    // A snapshot may take the row away under an open menu: the menu stays where the person is about to press.
    if (anchor.isConnected && (top !== opened.top || left !== opened.left)) close({ refocus: false });
  };
  const outside = (event) => !menu.contains(event.target) && close({ refocus: anchor.contains(event.target) });
  /** An open menu takes no keys from elsewhere, but the shortcuts wait until it has closed. */
  const escape = (event) => event.key === "Escape" && !menu.contains(event.target) && close({ refocus: document.activeElement === document.body });

  menu.addEventListener("click", (event) => {
    const index = buttons.indexOf(event.target.closest("button"));
    if (index >= 0) choose(items.filter(Boolean)[index]);
  });
  menu.addEventListener("keydown", (event) => {
    event.stopPropagation();
    const at = buttons.indexOf(document.activeElement);
    const moves = { ArrowDown: at + 1, ArrowUp: Math.max(at, 0) - 1, Home: 0, End: -1 };
    if (event.key in moves) buttons.at(moves[event.key] % buttons.length).focus();
    else if (event.key === "Escape" || event.key === "Tab") close();
    else if (byKey(items, event.key)) choose(byKey(items, event.key));
    else if (event.key.length === 1) byLetter(buttons, at, event.key)?.focus();
    else return;
    if (event.key !== "Tab" && event.key.trim()) event.preventDefault();
  });

  document.body.append(menu);
  place(menu, anchor);
  anchor.setAttribute("aria-expanded", "true");
  document.addEventListener("pointerdown", outside, true);
  document.addEventListener("keydown", escape, true);
  addEventListener("resize", leave);
  addEventListener("scroll", leave, true);
  closeOpenMenu = close;
  moveFocus(buttons[0], { preventScroll: true });
}

function entry({ label, keys, danger }) {
  const button = h("button", { type: "button", role: "menuitem", tabindex: -1, dataset: danger ? { danger: "" } : {} });
  button.append(h("span", { text: label }));
  if (keys) {
    button.setAttribute("aria-keyshortcuts", keys);
    button.append(h("kbd", { "aria-hidden": "true", text: keys }));
  }
  return button;
}

const byKey = (items, key) => items.find((item) => item?.keys && item.keys.toLowerCase() === key.toLowerCase());

function byLetter(buttons, at, letter) {
  const order = [...buttons.slice(at + 1), ...buttons.slice(0, at + 1)];
  return order.find((button) => button.textContent.trim().toLowerCase().startsWith(letter.toLowerCase()));
}

/** Below the button, or above when there is no room; always wholly on the screen. */
function place(menu, anchor) {
  const at = anchor.getBoundingClientRect();
  const { width, height } = menu.getBoundingClientRect();
  const edge = 8;
  const turned = document.documentElement.dir === "rtl";
  const left = turned ? at.left : at.right - width;
  const below = at.bottom + height + edge <= innerHeight;
  menu.style.left = `${Math.max(edge, Math.min(left, innerWidth - width - edge))}px`;
  menu.style.top = `${Math.max(edge, below ? at.bottom + 2 : at.top - height - 2)}px`;
}
