/** What happened in the clinic: today, or over time, of every doctor or one; as figures, charts, tables and a file. */

import { api } from "../base/api.js";
import { addDays } from "../base/days.js";
import { h } from "../base/dom.js";
import { number, shortDateOf, t } from "../base/i18n.js";
import { priorityName } from "../base/labels.js";
import { fill } from "../base/page.js";
import { explain } from "../base/problems.js";
import { attempt } from "./attempt.js";
import { barChart, plainTable } from "./chart.js";

/** First and last day before the service day. */
const PERIODS = { today: [0, 0], yesterday: [1, 1], week: [6, 0], month: [29, 0], year: [364, 0] };

export function statisticsView() {
  const period = select("statistics.period", [...Object.keys(PERIODS), "own"].map((name) => [name, t(`statistics.period_${name}`)]));
  const from = h("input", { type: "date", "aria-label": t("audit.since"), hidden: true });
  const to = h("input", { type: "date", "aria-label": t("audit.until"), hidden: true });
  const doctor = select("join.doctor", [["", t("statistics.every_doctor")]]);
  const body = h("div", { class: "stack" });
  const asked = () => ({ from: from.value, to: to.value, ...(doctor.value ? { doctor_id: doctor.value } : {}) });
  const load = () =>
    fill(
      body,
      async () => {
        if (period.value !== "own") await follow();
        return shown(await api.get("/api/statistics/", asked()));
      },
      explain,
    );
  /** A period ends on the service day under way: after midnight that is still the day before. */
  const follow = async () => {
    const { day } = await api.get("/api/clinic/");
    if (period.value !== "own") [from.value, to.value] = PERIODS[period.value].map((days) => addDays(day, -days));
  };
  period.addEventListener("change", () => {
    from.hidden = to.hidden = period.value !== "own";
    load();
  });
  for (const input of [from, to, doctor]) input.addEventListener("change", load);
  const file = h("button", { class: "button", type: "button", text: t("audit.export"), on: { click: () => attempt(() => api.download("/api/statistics/export/", asked(), "statistics.csv")) } });
  const filters = h("div", { class: "filters statistics-filters" }, field("statistics.period", period), from, to, field("join.doctor", doctor), file);
  attempt(async () => doctor.append(...(await api.all("/api/doctors/")).map(({ id, name }) => h("option", { value: id, text: name }))));
  load();
  return { element: h("div", { class: "stack" }, filters, body) };
}

function shown(figures) {
  const { total } = figures;
  if (!total.arrived && !total.transferred && !figures.texts.reached && !figures.texts.not_reached) {
    return [h("p", { class: "empty card", text: t("statistics.none") })];
  }
  const hours = figures.by_hour.map((each) => ({ ...each, label: each.key }));
  const days = figures.by_day.map((each) => ({ ...each, label: shortDateOf(each.key) }));
  const charts = [
    barChart({ title: t("statistics.arrivals_by_hour"), valueName: t("statistics.arrived"), bars: hours.map(({ label, arrived }) => ({ label, value: arrived })) }),
    waits(t("statistics.waits_by_hour"), hours),
    ...(days.length > 1
      ? [
          barChart({ title: t("statistics.arrivals_by_day"), valueName: t("statistics.arrived"), bars: days.map(({ label, arrived }) => ({ label, value: arrived })) }),
          waits(t("statistics.waits_by_day"), days),
        ]
      : []),
  ];
  const late = figures.uncounted ? h("p", { class: "notice notice-attention", text: t("statistics.uncounted", { count: figures.uncounted }) }) : null;
  return [
    late,
    headlines(figures),
    h("div", { class: "charts" }, ...charts),
    table("statistics.by_doctor", figures.by_doctor, ({ name }) => name),
    table("statistics.by_source", figures.by_source, ({ key }) => t(`statistics.source_${key}`)),
    table("statistics.by_priority", figures.by_priority, ({ key }) => priorityName(key)),
  ].filter(Boolean);
}

const waits = (title, parts) =>
  barChart({
    title,
    valueName: t("statistics.median"),
    markName: t("statistics.p90"),
    bars: parts.map(({ label, wait }) => ({ label, value: wait?.median ?? null, mark: wait?.p90 ?? null })),
  });

function headlines({ total, texts }) {
  const share = (part, whole) => (whole ? `${number(Math.round((100 * part) / whole))} %` : "–");
  const minutes = (spread) => (spread ? t("row.minutes", { minutes: number(spread.median) }) : "–");
  const nine = (spread) => (spread ? t("statistics.nine_of_ten", { minutes: number(spread.p90) }) : "");
  const told = texts.reached + texts.not_reached;
  const list = [
    ["statistics.arrived", number(total.arrived), total.open ? t("statistics.still_here", { count: total.open }) : ""],
    ["statistics.seen", number(total.seen), share(total.seen, total.arrived)],
    ["statistics.wait", minutes(total.wait), nine(total.wait)],
    ["statistics.service", minutes(total.service), nine(total.service)],
    ["statistics.no_show", number(total.no_show), share(total.no_show, total.arrived)],
    ["statistics.left", number(total.left), share(total.left, total.arrived)],
    ["statistics.texts", share(texts.reached, told), told ? t("statistics.of_texts", { count: told }) : t("statistics.no_texts")],
    ["statistics.estimates", total.estimates ? share(total.estimates.inside, total.estimates.told) : "–", total.estimates ? t("statistics.off", { minutes: number(total.estimates.off_median) }) : t("statistics.no_estimates")],
  ];
  return h("div", { class: "headlines" }, ...list.map(([key, value, note]) => h("div", { class: "headline" }, h("span", { class: "soft", text: t(key) }), h("strong", { text: value }), h("span", { class: "small soft", text: note }))));
}

function table(title, parts, nameOf) {
  const heads = ["", ...["arrived", "seen", "no_show", "left", "cancelled", "transferred", "wait", "wait_p90", "service"].map((key) => t(`statistics.head_${key}`))];
  const rows = parts.map((part) => [nameOf(part), part.arrived, part.seen, part.no_show, part.left, part.cancelled, part.transferred, part.wait?.median ?? "–", part.wait?.p90 ?? "–", part.service?.median ?? "–"]);
  return h("section", { class: "card" }, h("h2", { text: t(title) }), plainTable(t(title), heads, rows));
}

const select = (label, options) => h("select", { "aria-label": t(label) }, ...options.map(([value, text]) => h("option", { value, text })));
const field = (label, control) => h("label", { class: "filter" }, h("span", { text: t(label) }), control);
