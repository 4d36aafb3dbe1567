/** An import at work and at its end: how far it is, what it did or would do, and which rows are not taken. */

import { api, newKey } from "../base/api.js";
import { h, setText } from "../base/dom.js";
import { dateAndTime, currentLanguage, number, t } from "../base/i18n.js";
import { notice } from "../base/page.js";
import { toast } from "../base/overlays.js";
import { explain } from "../base/problems.js";
import { PATH, stepHead } from "./import-parts.js";

const LOOK = 1000;
const SHOWN = 50;
const AT_WORK = new Set(["checking", "running"]);

/** @param {object} item @param {{home: () => void, columns: (item: object) => void}} steps */
export function progressStep(item, steps) {
  const bar = h("progress", { max: item.rows, "aria-label": t("imports.state.running") });
  const far = h("p");
  /** Only the end is said aloud; nobody wants to hear every figure on the way. */
  const said = h("div", { role: "status" });
  const words = h("p");
  const work = h("section", { class: "card stack narrow-form" }, words, bar, far);
  const trouble = h("div", { role: "alert" });
  const end = h("div", { class: "stack" });
  let timer;
  let left = false;

  const show = (current) => {
    const busy = AT_WORK.has(current.state);
    work.hidden = !busy;
    end.hidden = busy;
    bar.value = current.seen;
    setText(words, t(current.state === "running" ? "imports.running" : "imports.checking"));
    setText(far, t("imports.progress", current));
    if (busy) timer = setTimeout(look, LOOK);
    else end.replaceChildren(...result(current, steps, show));
    said.replaceChildren(...(busy ? [] : [notice("done", t(current.state === "done" ? "imports.done" : "imports.checked"))]));
  };
  /** Asked again until it is at its end; while the server cannot be reached the last figures stand. */
  const look = async () => {
    try {
      const current = await api.get(`${PATH}${item.id}/`);
      trouble.replaceChildren();
      if (!left) show(current);
    } catch (problem) {
      trouble.replaceChildren(notice("stopped", explain(problem)));
      if (!left && problem.code !== "not_found") timer = setTimeout(look, LOOK);
    }
  };
  show(item);
  const leave = () => {
    left = true;
    clearTimeout(timer);
  };
  return { element: h("div", { class: "stack" }, stepHead(item, steps.home), trouble, work, said, end), leave };
}

function result(item, steps, show) {
  const done = item.state === "done";
  const figures = h(
    "dl",
    { class: "figures" },
    ...[["created", done ? "imports.created" : "imports.would_create"], ["known", "imports.known"], ["refused", "imports.refused"]].map(([name, key]) =>
      h("div", {}, h("dt", { text: t(key) }), h("dd", { text: number(item[name]) })),
    ),
  );
  const kept = h("p", { class: "soft small", text: t(done ? "imports.kept_refused" : "imports.kept", { day: dateAndTime(item.kept_until) }) });
  return [figures, done ? another(steps) : begin(item, steps, show), item.refused ? refusedRows(item) : null, kept].filter(Boolean);
}

const another = (steps) => h("div", { class: "buttons" }, h("button", { class: "button", type: "button", text: t("imports.another"), on: { click: steps.home } }));

/** The button that does it, and what comes with it. */
function begin(item, steps, show) {
  const change = h("button", { class: "button", type: "button", text: t("imports.change_columns"), on: { click: () => steps.columns(item) } });
  if (!item.created) return h("div", { class: "stack tight" }, h("p", { text: t("imports.nothing_new") }), h("div", { class: "buttons" }, change));
  const problem = h("div", { role: "alert" });
  const tell = h("input", { type: "checkbox" });
  const key = newKey();
  const go = h("button", { class: "button button-primary", type: "button", text: t("imports.start", { count: item.created }) });
  go.addEventListener("click", async () => {
    if (go.getAttribute("aria-busy") === "true") return;
    go.setAttribute("aria-busy", "true");
    try {
      show(await api.post(`${PATH}${item.id}/start/`, { tell: tell.checked }, `${key}${tell.checked ? "t" : ""}`));
    } catch (refusal) {
      problem.replaceChildren(notice("stopped", explain(refusal)));
    } finally {
      go.removeAttribute("aria-busy");
    }
  });
  const texts =
    item.kind === "appointments"
      ? h("div", {}, h("label", { class: "check" }, tell, h("span", { text: t("imports.tell") })), h("p", { class: "soft small", text: t("imports.tell_hint") }))
      : h("p", { class: "soft", text: t("imports.no_texts") });
  return h("div", { class: "stack tight" }, texts, problem, h("div", { class: "buttons" }, go, change));
}

function refusedRows(item) {
  const body = h("tbody");
  const more = h("p", { class: "soft small", hidden: item.refused <= SHOWN, text: t("imports.refused_more", { count: SHOWN }) });
  const problem = h("div", { role: "alert" });
  const row = ({ row: line, cells, reasons }) =>
    h(
      "tr",
      {},
      h("td", { "data-label": t("imports.report.line") }, number(line)),
      h("td", { "data-label": t("imports.cells") }, h("span", { dir: "auto", text: cells.filter(Boolean).join(" · ") })),
      h("td", { "data-label": t("imports.report.why") }, reasons.map((reason) => t(`imports.reason.${reason}`)).join(" ")),
    );
  const load = async () => {
    try {
      const { items } = await api.get(`${PATH}${item.id}/refused/`, { limit: SHOWN });
      body.replaceChildren(...items.map(row));
      problem.replaceChildren();
    } catch (refusal) {
      const again = h("button", { class: "button", type: "button", text: t("page.try_again"), on: { click: load } });
      problem.replaceChildren(notice("stopped", explain(refusal), again));
    }
  };
  load();
  const heads = ["imports.report.line", "imports.cells", "imports.report.why"].map((key) => h("th", { scope: "col", text: t(key) }));
  const table = h("div", { class: "table-wrap" }, h("table", {}, h("thead", {}, h("tr", {}, ...heads)), body));
  return h("section", { class: "stack" }, h("div", { class: "spread" }, h("h3", { text: t("imports.refused_title") }), reportButton(item)), h("p", { class: "soft", text: t("imports.report_hint") }), problem, table, more);
}

function reportButton(item) {
  const button = h("button", { class: "button", type: "button", text: t("imports.report") });
  button.addEventListener("click", async () => {
    button.setAttribute("aria-busy", "true");
    try {
      await api.download(`${PATH}${item.id}/refused/export/`, { language: currentLanguage() }, "refused.csv");
    } catch (problem) {
      toast(explain(problem), { kind: "stopped" });
    } finally {
      button.removeAttribute("aria-busy");
    }
  });
  return button;
}
