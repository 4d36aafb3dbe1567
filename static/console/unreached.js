/** Texts that did not reach their patient today: a count in the header, and the list with a way to put it right. */

import { api } from "../base/api.js";
import { serverNow } from "../base/clock.js";
import { h, setText } from "../base/dom.js";
import { buildForm, given } from "../base/forms.js";
import { clockTime, dayOf, t } from "../base/i18n.js";
import { icon } from "../base/icons.js";
import { kindName, mark, NOT_REACHED, smsStateName } from "../base/labels.js";
import { fill } from "../base/page.js";
import { openDialog, toast } from "../base/overlays.js";
import { explain } from "../base/problems.js";

const RELOAD = 20_000;

export class Unreached {
  #timer;
  #count = h("span");
  #texts = [];

  constructor() {
    this.button = h("button", { class: "button button-plain unreached", type: "button", hidden: true }, icon("alert"), this.#count);
    this.button.addEventListener("click", () => this.#open());
    this.#timer = setInterval(() => this.reload().catch(() => null), RELOAD);
    this.reload().catch(() => null);
  }

  close() {
    clearInterval(this.#timer);
  }

  async reload() {
    const day = dayOf(serverNow());
    const pages = await Promise.all(NOT_REACHED.map((state) => api.get("/api/notifications/", { state, day, limit: 100 })));
    this.#texts = pages.flatMap((page) => page.items).sort((one, other) => other.created_at.localeCompare(one.created_at));
    this.button.hidden = this.#texts.length === 0;
    setText(this.#count, t("unreached.count", { count: this.#texts.length }));
  }

  #open() {
    const list = h("ul", { class: "stack" });
    openDialog(t("unreached.title"), list);
    fill(list, async () => {
      await this.reload();
      if (!this.#texts.length) return h("li", { class: "empty", text: t("unreached.none") });
      return this.#texts.map((text) => this.#row(text));
    }, explain);
  }

  #row(text) {
    const code = text.code ? ` (${text.code})` : "";
    const place = h("div");
    const fix = h("button", { class: "button", type: "button", text: t("unreached.fix"), on: { click: () => this.#fix(text, place) } });
    return h(
      "li",
      { class: "card stack tight" },
      h("p", { class: "spread" }, h("strong", { text: text.to_masked }), mark("state-attention", "message", smsStateName(text.state) + code)),
      h("p", { class: "soft small", text: `${kindName(text.kind)} · ${clockTime(text.created_at)}` }),
      h("p", { text: text.body }),
      place,
      fix,
    );
  }

  #fix(text, place) {
    place.replaceChildren(
      buildForm({
        fields: [{ name: "phone", label: t("unreached.phone"), type: "tel", hint: t("unreached.phone_hint") }],
        submit: t("unreached.resend"),
        onSubmit: async (values, key) => {
          await api.post(`/api/notifications/${encodeURIComponent(text.id)}/resend/`, given(values), key);
          place.replaceChildren();
          toast(t("unreached.resent"));
          await this.reload();
        },
      }),
    );
    place.querySelector("input").focus();
  }
}
