/**
 * Texts that did not reach their patient today: a count in the header, a word when there is a new one, and the list
 * with ways to put it right. Looks again whenever the server says that it has changed, or a queue that somebody has come
 * or gone whom a text did not reach.
 */

import { api } from "../base/api.js";
import { h, reconcile, setText } from "../base/dom.js";
import { moveFocus } from "../base/focus.js";
import { clockTime, t } from "../base/i18n.js";
import { icon } from "../base/icons.js";
import { kindName, mark, notReached, roomName, smsStateName } from "../base/labels.js";
import { handled, numberOf, openMessage, refusedOf, resendForm, whyOf } from "../base/message.js";
import { fill, notice } from "../base/page.js";
import { confirmDialog, openDialog, toast } from "../base/overlays.js";
import { explain } from "../base/problems.js";

const GATHER = 200;

export class Unreached {
  #soon = null;
  #count = h("span");
  #texts = [];
  #more = false;
  #known = null;
  #troubles = new Map();
  #list = null;

  /** @param {import("./queues.js").Queues} queues */
  constructor(queues) {
    this.button = h("button", { class: "button button-plain unreached", type: "button", hidden: true }, icon("alert"), this.#count);
    this.button.addEventListener("click", () => this.#open());
    queues.news.addEventListener("texts", () => this.#lookSoon());
    queues.addEventListener("view", ({ detail }) => this.#hear(detail, queues.views.get(detail)));
    this.#again();
  }

  close() {
    clearTimeout(this.#soon);
  }

  async reload() {
    const { items, more } = await api.get("/api/notifications/unreached/");
    this.#texts = items;
    this.#more = more;
    this.button.hidden = items.length === 0;
    setText(this.#count, t("unreached.count", { count: items.length }));
    this.#tell(items);
    this.#known = new Set(items.map((text) => text.id));
    if (this.#list?.isConnected) this.#show();
  }

  #again() {
    this.reload().catch(() => null);
  }

  /** A queue's new view: do its tickets have other troubles with their texts than before? */
  #hear(doctorId, view) {
    const tickets = [view.current, view.called, view.waiting, view.on_hold, view.missed].flat();
    const troubles = tickets
      .filter(({ sms }) => sms && (sms.code || notReached(sms)))
      .map(({ id, state, sms }) => [id, state, sms.state, sms.code].join())
      .sort()
      .join(";");
    if (troubles === (this.#troubles.get(doctorId) ?? "")) return;
    this.#troubles.set(doctorId, troubles);
    this.#lookSoon();
  }

  #lookSoon() {
    this.#soon ??= setTimeout(() => {
      this.#soon = null;
      this.#again();
    }, GATHER);
  }

  /** Say who was not reached just now; what was there when the page opened stands in the header. */
  #tell(items) {
    const fresh = this.#known ? items.filter((text) => !this.#known.has(text.id)) : [];
    if (!fresh.length || this.#list?.isConnected) return;
    const words = fresh.length === 1 ? t("unreached.new", { who: whoOf(fresh[0]) }) : t("unreached.count", { count: fresh.length });
    toast(words, { kind: "stopped", action: { label: t("unreached.show"), run: () => this.#open() } });
  }

  #open() {
    const place = h("div", { class: "stack" });
    this.#list = h("ul", { class: "stack plain" });
    openDialog(t("unreached.title"), place);
    fill(place, async () => {
      await this.reload();
      this.#show();
      const more = this.#more ? h("p", { class: "soft small" }, t("unreached.more")) : null;
      return [this.#list, more].filter(Boolean);
    }, explain);
  }

  /** A row somebody is at work on stays where it is, also when the text has reached its patient meanwhile. */
  #show() {
    const held = [...this.#list.children].filter((row) => row.querySelector("form")).map((row) => row.text);
    const ids = new Set(this.#texts.map((text) => text.id));
    const texts = [...this.#texts, ...held.filter((text) => !ids.has(text.id))];
    reconcile(this.#list, texts, (text) => text.id, (text) => this.#row(text), (row, text) => updateRow(row, text));
    if (!texts.length) this.#list.replaceChildren(h("li", { class: "empty", text: t("unreached.none") }));
  }

  #row(text) {
    const place = h("div");
    const button = (label, run, look = "button") => h("button", { class: look, type: "button", text: label, on: { click: run } });
    const row = h(
      "li",
      { class: "card stack tight" },
      h("p", { class: "spread" }, h("strong", { dir: "auto", text: whoOf(text) }), h("span", { class: "row-state" })),
      h("p", { class: "small sentence row-why" }),
      h("p", { class: "soft small", text: aboutOf(text) }),
      h("p", {}, numberOf(text)),
      place,
      h(
        "div",
        { class: "buttons" },
        button(t("unreached.fix"), ({ currentTarget }) => this.#fix(row, place, currentTarget), "button row-fix"),
        button(t("unreached.told"), () => this.#settle(row)),
        button(t("message.story"), () => openMessage(row.text)),
      ),
    );
    return row;
  }

  #fix(row, place, button) {
    button.hidden = true;
    const done = async (answer) => {
      // Where the new text may not leave, its row (or the first one's, if it keeps its place) asks for another number.
      place.replaceChildren();
      button.hidden = false;
      await this.reload();
      const why = refusedOf(answer);
      if (why) this.#askAgain([answer.id, row.text.id], why);
      else moveFocus(this.#list.querySelector("button"));
    };
    place.replaceChildren(resendForm(row.text, done));
    place.querySelector("input").focus();
  }

  #askAgain(ids, why) {
    const row = [...this.#list.children].find((each) => ids.includes(each.text?.id));
    if (!row) return;
    row.querySelector("button.row-fix").click();
    row.querySelector("form").prepend(h("div", { role: "alert" }, notice("attention", why)));
  }

  async #settle(row) {
    const told = t("unreached.told");
    if (!(await confirmDialog(told, t("unreached.told_ask", { who: whoOf(row.text) }), told, t("unreached.told_not")))) return;
    try {
      await handled(row.text);
      await this.reload();
      moveFocus(this.#list.querySelector("button"));
    } catch (problem) {
      toast(explain(problem), { kind: "stopped" });
    }
  }
}

function updateRow(row, text) {
  row.text = text;
  row.querySelector(".row-state").replaceChildren(mark("state-attention", "alert", smsStateName(text.state)));
  const why = text.state === "unknown" && text.next_at ? t("unreached.checking") : whyOf(text);
  setText(row.querySelector(".row-why"), why);
  row.querySelector(".row-why").hidden = !why;
  // It is still tried by itself: the number is not at fault, and a second text must not go beside it.
  row.querySelector(".row-fix").hidden = ["queued", "sending"].includes(text.state);
}

const whoOf = (text) => [text.ticket_code, text.name].filter(Boolean).join(" ");

const aboutOf = (text) =>
  [kindName(text.kind), clockTime(text.created_at), text.doctor, roomName(text.room)].filter(Boolean).join(" · ");
