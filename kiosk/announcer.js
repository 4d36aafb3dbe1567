/**
 * Calls that cover the board: each for six seconds, one after the other, none lost and none twice. A call that
 * reaches this screen more than a minute late is not announced; it stands on the board. One taken back goes away.
 */

import { serverNow } from "/static/base/clock.js";
import { h } from "/static/base/dom.js";
import { t } from "/static/base/i18n.js";
import { icon } from "/static/base/icons.js";
import { roomName } from "/static/base/labels.js";

const SHOWN_FOR = 6_000;
const TOO_LATE = 60_000;
const LONG_ROOM = 14;
/** The server lists the calls of two minutes; far more than a clinic makes in that time. */
const REMEMBERED = 500;
const SEEN = "kiosk.seen";

export class Announcer {
  #cover;
  #chime;
  #waiting = [];
  #shown = null;
  #timer = null;
  #known = new Set();
  #seen = new Set(JSON.parse(sessionStorage.getItem(SEEN) ?? "[]"));

  /** @param {HTMLElement} cover @param {{ring(): void}} chime */
  constructor(cover, chime) {
    this.#cover = cover;
    this.#chime = chime;
  }

  /**
   * The calls that the server lists now; new ones wait their turn. Of what happened before this page knew the
   * doctor only those are announced who are still on their way.
   */
  offer(views) {
    const calls = views.flatMap(callsOf);
    const undone = new Set(calls.filter((call) => call.undone).map((call) => call.id));
    this.#waiting = this.#waiting.filter((call) => !undone.has(call.id));
    const news = calls.filter((call) => !this.#seen.has(call.id));
    for (const call of news.sort((one, other) => Date.parse(one.at) - Date.parse(other.at))) {
      this.#remember(call.id);
      const late = serverNow() - Date.parse(call.at) >= TOO_LATE;
      const over = !call.called && !this.#known.has(call.doctor_id);
      if (!call.undone && !late && !over) this.#waiting.push(call);
    }
    for (const view of views) this.#known.add(view.doctor.id);
    if (this.#shown && undone.has(this.#shown.id)) this.#next();
    else if (this.#shown) this.#tellMore();
    else if (this.#waiting.length) this.#next();
  }

  #next() {
    clearTimeout(this.#timer);
    this.#shown = this.#waiting.shift() ?? null;
    this.#cover.hidden = !this.#shown;
    this.#cover.replaceChildren();
    if (!this.#shown) return;
    const { code, room, doctor } = this.#shown;
    const where = roomName(room);
    this.#cover.append(
      h("p", { class: "code", text: code }),
      h("p", { class: where.length > LONG_ROOM ? "to long" : "to" }, icon("arrow"), h("span", { text: where || doctor })),
      h("p", { class: "who", text: where ? doctor : "" }),
      h("p", { class: "next-call" }),
    );
    this.#tellMore();
    this.#chime.ring();
    this.#timer = setTimeout(() => this.#next(), SHOWN_FOR);
  }

  /** Who waits behind this call learns at once that it is coming. */
  #tellMore() {
    const codes = this.#waiting.map((call) => call.code).join("  ");
    this.#cover.lastChild.textContent = codes ? t("kiosk.then", { codes }) : "";
  }

  /** Kept over a reload of the page, so that nothing is announced again. */
  #remember(id) {
    this.#seen.add(id);
    if (this.#seen.size > REMEMBERED) this.#seen.delete(this.#seen.values().next().value);
    sessionStorage.setItem(SEEN, JSON.stringify([...this.#seen]));
  }
}

/** A view's calls with what an announcement needs besides. */
function callsOf(view) {
  const called = new Set(view.called.map((ticket) => ticket.code));
  return view.calls.map((call) => ({ ...call, doctor: view.doctor.name, called: called.has(call.code) }));
}
