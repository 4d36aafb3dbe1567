/**
 * Bars that read at a glance, drawn as SVG: a value each, and perhaps a mark further out. What they show stands in a
 * table behind them for whoever reads with the ears or wants the numbers.
 */

import { h, uniqueId } from "../base/dom.js";
import { number, t } from "../base/i18n.js";

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 720;
const HEIGHT = 200;
const TOP = 20;
const FOOT = 24;
const WIDEST = 60;
/** So many characters of labels fit beside one another, and so many values above their bars. */
const CHARACTERS = 72;
const VALUES = 16;

/**
 * @param {{title: string, bars: {label: string, value: number|null, mark?: number|null}[], valueName: string, markName?: string}} data
 * @returns {HTMLElement} a figure
 */
export function barChart({ title, bars, valueName, markName }) {
  const top = Math.max(1, ...bars.flatMap(({ value, mark }) => [value ?? 0, mark ?? 0]));
  const titleId = uniqueId("chart");
  const svg = draw("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "chart", role: "img", "aria-labelledby": titleId });
  const step = WIDTH / Math.max(1, bars.length);
  const wide = Math.min(step * 0.6, WIDEST);
  const scale = (value) => (value / top) * (HEIGHT - TOP - FOOT);
  const turned = document.documentElement.dir === "rtl";
  const longest = Math.max(3, ...bars.map(({ label }) => label.length + 2));
  const every = Math.ceil((bars.length * longest) / CHARACTERS);
  bars.forEach(({ label, value, mark }, index) => {
    const x = (turned ? bars.length - 1 - index : index) * step;
    const group = draw("g", {});
    group.append(draw("title", {}, [label, value === null ? null : `${valueName} ${number(value)}`, mark == null ? null : `${markName} ${number(mark)}`].filter(Boolean).join(" · ")));
    if (mark != null) group.append(draw("rect", { class: "chart-mark", x: x + (step - wide) / 2, y: HEIGHT - FOOT - scale(mark), width: wide, height: scale(mark) }));
    if (value) {
      group.append(draw("rect", { class: "chart-bar", x: x + (step - wide) / 2, y: HEIGHT - FOOT - scale(value), width: wide, height: scale(value) }));
      if (bars.length <= VALUES) group.append(draw("text", { class: "chart-value", x: x + step / 2, y: HEIGHT - FOOT - scale(value) - 5 }, number(value)));
    }
    if (index % every === 0) group.append(draw("text", { class: "chart-label", x: x + step / 2, y: HEIGHT - 6 }, label));
    svg.append(group);
  });
  svg.append(draw("line", { class: "chart-ground", x1: 0, x2: WIDTH, y1: HEIGHT - FOOT, y2: HEIGHT - FOOT }));
  const heads = ["", valueName, ...(markName ? [markName] : [])];
  const rows = bars.map(({ label, value, mark }) => [label, value ?? "–", ...(markName ? [mark ?? "–"] : [])]);
  const legend = markName ? h("p", { class: "small soft", text: t("statistics.legend", { value: valueName, mark: markName }) }) : null;
  return h("figure", { class: "card chart-card" }, h("figcaption", { id: titleId, text: title }), svg, legend, h("details", {}, h("summary", { text: t("statistics.as_table") }), plainTable(title, heads, rows)));
}

/** @param {string[]} heads @param {(string|number)[][]} rows the first cell of each names it */
export function plainTable(caption, heads, rows) {
  const cell = (value, index) => {
    const text = typeof value === "number" ? number(value) : value;
    return index ? h("td", { class: "is-number", dataset: { label: heads[index] }, text }) : h("th", { scope: "row", text });
  };
  const head = h("tr", {}, ...heads.map((text, index) => (text ? h("th", { scope: "col", class: index ? "is-number" : "", text }) : h("td"))));
  const table = h("table", { class: "statistics-table" }, h("caption", { class: "visually-hidden", text: caption }), h("thead", {}, head), h("tbody", {}, ...rows.map((row) => h("tr", {}, ...row.map(cell)))));
  return h("div", { class: "statistics-scroll", tabindex: 0, role: "region", "aria-label": caption }, table);
}

function draw(name, attributes, text) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  if (text) element.textContent = text;
  return element;
}
