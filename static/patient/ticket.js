/** `/t/<id>` with JavaScript: the place follows live, a call fills the page and is felt, and the patient can answer. */

import { api } from "../base/api.js";
import { serverNow } from "../base/clock.js";
import { h, setText } from "../base/dom.js";
import { clockTime, t } from "../base/i18n.js";
import { Live } from "../base/live.js";
import { clinic, languagePicker, notice, startPage } from "../base/page.js";
import { confirmDialog, toast } from "../base/overlays.js";
import { explain } from "../base/problems.js";
import { describe } from "./describe.js";

const main = document.querySelector("#main");
const id = main.dataset.ticket;
const actions = document.querySelector("#actions");
const live = new Live(`/ws/ticket/${id}/`);
const foot = h("footer", { class: "ticket-foot" });
let shown = null;
let heard = null;

const ANSWERS = {
  waiting: ["late", "cancel"],
  called: ["cancel"],
  on_hold: ["cancel"],
  no_show: ["rejoin"],
};

/** The other queue takes a moved ticket in a moment later: go there once it has. */
async function follow(movedTo) {
  for (let pause = 200; ; pause = Math.min(2 * pause, 5_000)) {
    try {
      await api.get(`/api/tickets/${movedTo}/`);
      location.replace(`/t/${movedTo}`);
      return;
    } catch (problem) {
      if (problem.code !== "not_found") throw problem;
    }
    await new Promise((done) => setTimeout(done, pause));
  }
}

function show(ticket) {
  const before = shown;
  if (ticket.moved_to && !before?.moved_to) follow(ticket.moved_to).catch((problem) => actions.replaceChildren(notice("attention", explain(problem))));
  shown = ticket;
  words();
  document.body.dataset.state = ticket.state;
  if (before && ticket.state === "called" && (before.state !== "called" || ticket.calls > before.calls)) navigator.vibrate?.([300, 150, 300]);
  if (before?.state !== ticket.state) showActions(ticket);
}

function words() {
  if (!shown) return;
  const { headline, detail, where } = describe(shown, serverNow());
  setText(document.querySelector("#headline"), headline);
  setText(document.querySelector("#detail"), detail);
  setText(document.querySelector("#where"), where);
  document.title = `${shown.state === "called" ? headline : shown.code} · ${clinic.name}`;
}

function showActions(ticket) {
  const names = ANSWERS[ticket.state] ?? [];
  const refusal = h("div", { role: "alert" });
  const buttons = names.map((name) => {
    const look = name === "rejoin" ? "button button-primary button-wide" : "button button-wide";
    return h("button", { class: look, type: "button", text: t(`ticket.do_${name}`), on: { click: (event) => answer(name, event.currentTarget, refusal) } });
  });
  const over = ticket.ended_as && !ticket.moved_to;
  const home = over ? h("a", { class: "button button-wide", href: "/", text: t("page.to_start") }) : null;
  actions.replaceChildren(...[refusal, ...buttons, home].filter(Boolean));
  foot.lastElementChild.hidden = Boolean(over);
}

async function answer(name, button, refusal) {
  if (name === "cancel" && !(await confirmDialog(t("ticket.do_cancel"), t("ticket.cancel_ask"), t("ticket.cancel_yes")))) return;
  if (button.getAttribute("aria-busy")) return;
  button.setAttribute("aria-busy", "true");
  refusal.replaceChildren();
  try {
    show(await api.post(`/api/tickets/${id}/${name}/`));
    // Who comes late looks again and again: this stays, the rest shows in the card.
    if (name === "late") refusal.replaceChildren(notice("done", t("ticket.did_late")));
    else toast(t(`ticket.did_${name}`));
  } catch (problem) {
    refusal.replaceChildren(notice("attention", explain(problem)));
  } finally {
    button.removeAttribute("aria-busy");
  }
}

function showFreshness() {
  const time = heard ? clockTime(heard) : null;
  const late = live.status === "offline" || live.status === "stale";
  const text = late ? t("ticket.out_of_date", { time: time ?? "–" }) : time && t("ticket.updated", { time });
  const element = document.querySelector("#updated");
  element.toggleAttribute("data-late", late);
  if (text) setText(element, text);
}

async function start() {
  await startPage();
  foot.append(languagePicker(), h("a", { href: "/", text: t("page.to_start") }));
  main.append(foot);
  live.addEventListener("snapshot", ({ detail }) => {
    heard = new Date(serverNow()).toISOString();
    show(detail.data);
    showFreshness();
  });
  live.addEventListener("status", showFreshness);
  live.open();
  setInterval(() => {
    if (live.status === "live") heard = new Date(serverNow()).toISOString();
    words();
    showFreshness();
  }, 15_000);
}

start().catch((problem) => actions.replaceChildren(notice("stopped", explain(problem))));
