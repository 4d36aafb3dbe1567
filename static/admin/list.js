/** A list of one resource: filters, a table that grows by pages, a form to create and actions on each row. */

import { api } from "../base/api.js";
import { h, reconcile } from "../base/dom.js";
import { t } from "../base/i18n.js";
import { icon } from "../base/icons.js";
import { openMenu } from "../base/menu.js";
import { notice } from "../base/page.js";
import { explain } from "../base/problems.js";

const TYPING = 250;

/**
 * @param {{path: string, columns: {label: string, cell: (item) => Node|string|null}[],
 *   actions?: (item, reload) => {label: string, run: () => unknown, danger?: boolean}[],
 *   create?: {label: string, open: (reload) => void}, filters?: Filter[], query?: () => object,
 *   more?: (chosen: () => object) => Node[],
 *   name: (item) => string, empty: string, ready?: () => boolean}} options
 * @typedef {{name: string, label: string, type: "search"|"date"|"select", options?: object[], value?: string, attributes?: object,
 *   query?: (value: string) => object}} Filter `query` makes more of a choice than `{[name]: value}`; `more` are buttons
 *   beside the filters
 */
export function listView({ path, columns, actions, create, filters = [], query = () => ({}), more: beside = () => [], name, empty }) {
  const body = h("tbody");
  const problem = h("div", { role: "alert" });
  const nothing = h("p", { class: "empty", text: empty, tabindex: -1, hidden: true });
  const more = h("button", { class: "button", type: "button", text: t("list.more"), hidden: true });
  const controls = filters.map((filter) => buildFilter(filter, () => reload()));
  const chosen = () => Object.assign({}, ...controls.map((control) => control.read()));
  let shown = new Map();
  let cursor = null;
  let asked = 0;

  const load = async ({ append = false } = {}) => {
    const mine = (asked += 1);
    body.setAttribute("aria-busy", "true");
    try {
      const page = await api.get(path, { ...chosen(), ...query(), cursor: append ? cursor : null });
      if (mine !== asked) return;
      shown = new Map([...(append ? shown : []), ...page.items.map((item) => [item.id, item])]);
      const restoreFocus = keepFocus(body);
      reconcile(body, [...shown.values()], ({ id }) => id, createRow, updateRow);
      cursor = page.next_cursor;
      more.hidden = !cursor;
      nothing.hidden = shown.size > 0;
      restoreFocus(start ?? nothing);
      problem.replaceChildren();
    } catch (refusal) {
      const again = h("button", { class: "button", type: "button", text: t("page.try_again"), on: { click: () => load({ append }) } });
      if (mine === asked) problem.replaceChildren(notice("stopped", explain(refusal), again));
    } finally {
      body.removeAttribute("aria-busy");
    }
  };
  const reload = () => load();

  const createRow = () => h("tr", {}, ...columns.map((column) => h("td", { "data-label": column.label })), actions ? h("td", { class: "row-end" }) : null);
  const updateRow = (row, item) => {
    columns.forEach((column, index) => row.children[index].replaceChildren(column.cell(item) ?? ""));
    if (actions) offer(row.lastElementChild, name(item), actions(item, reload));
  };

  more.addEventListener("click", () => load({ append: true }));
  const heads = columns.map((column) => h("th", { scope: "col", text: column.label }));
  if (actions) heads.push(h("th", { scope: "col" }, h("span", { class: "visually-hidden", text: t("list.actions") })));
  const table = h("div", { class: "table-wrap" }, h("table", {}, h("thead", {}, h("tr", {}, ...heads)), body));
  const start = create ? h("button", { class: "button button-primary", type: "button", on: { click: () => create.open(reload) } }, icon("plus"), h("span", { text: create.label })) : null;
  const bar = h("div", { class: "filters" }, ...controls.map((control) => control.element), ...beside(chosen), start);
  load();
  return { element: h("div", { class: "stack" }, bar, problem, table, nothing, h("div", {}, more)), reload };
}

/** What each button of actions opens: it stays while the row does, so that a dialog that closes finds it again. */
const offers = new WeakMap();

function offer(place, label, items) {
  let button = place.firstElementChild;
  if (!items.length) {
    button?.remove();
    return;
  }
  button ??= place.appendChild(actionsButton());
  button.setAttribute("aria-label", t("list.actions_for", { name: label }));
  offers.set(button, items);
}

function actionsButton() {
  const button = h("button", { class: "button button-plain button-icon", type: "button", "aria-haspopup": "menu", "aria-expanded": "false" }, icon("more"));
  button.addEventListener("click", () => openMenu(button, offers.get(button)));
  return button;
}

/** Remember the row that has the focus. @returns {(otherwise: HTMLElement) => void} gives it to that row or its neighbour */
function keepFocus(body) {
  const rows = [...body.children];
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  return (otherwise) => {
    if (at < 0 || body.contains(document.activeElement)) return;
    const near = [rows[at], ...rows.slice(at + 1), ...rows.slice(0, at).reverse()].filter((row) => row.isConnected);
    (near.map((row) => row.querySelector("button, a")).find(Boolean) ?? otherwise).focus();
  };
}

function buildFilter({ name, label, type, options, value = "", attributes = {}, query = (chosen) => ({ [name]: chosen }) }, changed) {
  let timer;
  const input =
    type === "select"
      ? h("select", {}, ...options.map((option) => h("option", { value: option.value, text: option.label })))
      : h("input", { type, ...attributes });
  input.value = value;
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(changed, type === "search" ? TYPING : 0);
  });
  const element = h("label", { class: "filter" }, h("span", { class: "small", text: label }), input);
  return { element, read: () => query(input.value.trim()) };
}
