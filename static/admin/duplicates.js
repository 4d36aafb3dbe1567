/** Looks through the patients for records that may be one person's, a page at a time, and shows each pair for a decision. */

import { api } from "../base/api.js";
import { h, setText } from "../base/dom.js";
import { moveFocus } from "../base/focus.js";
import { birthDate, LANGUAGES, shortDay, t } from "../base/i18n.js";
import { mark } from "../base/labels.js";
import { notice } from "../base/page.js";
import { toast } from "../base/overlays.js";
import { explain } from "../base/problems.js";
import { attempt } from "./attempt.js";
import { openMerge } from "./merge.js";

const PAGE = 100;
/** So many pairs are enough to decide on before looking further. */
const ENOUGH = 20;

/** @param {() => void} back */
export function duplicatesView(back) {
  const far = h("p", { class: "soft", role: "status" });
  const list = h("ul", { class: "stack" });
  const problem = h("div", { role: "alert" });
  const more = h("button", { class: "button", type: "button", hidden: true, text: t("duplicates.further"), on: { click: () => walk() } });
  let cursor = null;
  let looked = 0;
  let left = false;

  const walk = async () => {
    more.hidden = true;
    problem.replaceChildren();
    const enough = list.childElementCount + ENOUGH;
    try {
      do {
        const page = await api.get("/api/patients/duplicates/", { limit: PAGE, cursor });
        if (left) return;
        looked += page.looked_at;
        cursor = page.next_cursor;
        list.append(...page.items.map((pair) => card(pair, settled)));
        setText(far, t(cursor ? "duplicates.looking" : "duplicates.looked", { count: looked }));
      } while (cursor && list.childElementCount < enough);
      more.hidden = !cursor;
      settled();
    } catch (refusal) {
      const again = h("button", { class: "button", type: "button", text: t("page.try_again"), on: { click: walk } });
      problem.replaceChildren(notice("stopped", explain(refusal), again));
    }
  };
  const none = h("p", { class: "empty", hidden: true, text: t("duplicates.none") });
  const settled = () => (none.hidden = Boolean(list.childElementCount || cursor));
  walk();
  const head = h(
    "div",
    { class: "spread" },
    h("h2", { tabindex: -1, "data-focus": true, text: t("duplicates.title") }),
    h("button", { class: "button button-plain", type: "button", text: t("duplicates.back"), on: { click: back } }),
  );
  const element = h("div", { class: "stack" }, head, h("p", { text: t("duplicates.hint") }), far, problem, list, none, h("div", {}, more));
  return { element, leave: () => (left = true) };
}

function card({ patients, alike }, settled) {
  const item = h("li", { class: "card stack" });
  const gone = () => {
    const next = item.nextElementSibling ?? item.previousElementSibling;
    item.remove();
    settled();
    moveFocus(next?.querySelector("button"));
  };
  const [one, other] = patients;
  const merge = h("button", { class: "button button-primary", type: "button", text: t("merge.open"), on: { click: () => attempt(() => openMerge(one.id, other.id, gone)) } });
  const apart = h("button", { class: "button", type: "button", text: t("duplicates.two_people"), on: { click: () => attempt(tellApart) } });
  const tellApart = async () => {
    await api.post(`/api/patients/${one.id}/distinct/`, { other_id: other.id });
    toast(t("duplicates.told_apart", { one: one.name, other: other.name }));
    gone();
  };
  const why = h("p", { class: "marks" }, ...alike.map((each) => mark("state-attention", "alert", t(`duplicates.alike.${each}`))));
  item.append(why, h("div", { class: "pair" }, ...patients.map(record)), h("div", { class: "buttons" }, merge, apart));
  return item;
}

const record = (patient) =>
  h(
    "dl",
    { class: "record" },
    ...[
      ["patient.name", h("strong", { dir: "auto", text: patient.name })],
      ["patient.date_of_birth", patient.date_of_birth ? birthDate(patient.date_of_birth) : "–"],
      ["patient.phone", h("bdi", { dir: "ltr", text: patient.phone_masked || "–" })],
      ["patient.language", LANGUAGES[patient.language] ?? patient.language],
      ["merge.registered", shortDay(patient.created_at)],
      ["merge.account", t(patient.has_account ? "merge.account_yes" : "merge.account_no")],
    ].flatMap(([key, value]) => [h("dt", { text: t(key) }), h("dd", {}, value)]),
  );
