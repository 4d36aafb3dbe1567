/**
 * Says in a banner when Twilio takes no texts at all, and why: then nobody is told anything, and people must be
 * called by voice. Shown to staff on every page of theirs.
 */

import { api } from "./api.js";
import { h } from "./dom.js";
import { clockTime, t } from "./i18n.js";
import { icon } from "./icons.js";
import { faultName } from "./labels.js";

export class AccountBanner {
  #words = h("span");

  /** @param {import("./news.js").News} news whose `texts` tells when to look again */
  constructor(news) {
    this.element = h("p", { class: "notice notice-stopped small", role: "alert", hidden: true }, icon("alert"), this.#words);
    news.addEventListener("texts", () => this.reload());
    this.reload();
  }

  /** While the server cannot be reached the last word stands; the page says elsewhere that it is offline. */
  async reload() {
    const account = await api.get("/api/notifications/account/").catch(() => null);
    if (!account) return;
    const { fault } = account;
    const words = fault ? t("account.fault", { why: faultName(fault.code, fault.meaning), code: fault.code, since: clockTime(fault.since) }) : "";
    if (this.#words.textContent !== words) this.#words.textContent = words;
    this.element.hidden = !fault;
  }
}
