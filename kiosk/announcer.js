/**
 * Calls that cover the board: each for six seconds and until it is spoken to its end, one after the other, none lost
 * and none twice. A call that reaches this screen more than a minute late is not announced; it stands on the board.
 * One taken back goes away.
 */

import { serverNow } from "/static/base/clock.js";
import { h } from "/static/base/dom.js";
import { t } from "/static/base/i18n.js";
import { icon } from "/static/base/icons.js";
import { roomName } from "/static/base/labels.js";
import { passing } from "./store.js";

const SHOWN_FOR = 6_000;
/** The chime is heard before the voice begins. */
const VOICE_AFTER = 1_500;
const TOO_LATE = 60_000;
const LONG_ROOM = 14;
/** The server lists the calls of two minutes; far more than a clinic makes in that time. */
const REMEMBERED = 500;
const SEEN = "kiosk.seen";

export class Announcer {
  #cover;
  #chime;
  #voice;
  #waiting = [];
  #shown = null;
  #timer = null;
  #known = new Set();
  #seen = new Set(passing.read(SEEN, []));

  /**
   * @param {HTMLElement} cover @param {{ring(): void}} chime
   * @param {{speak(call: object): Promise<void>, hush(): void}} voice
   */
  constructor(cover, chime, voice) {
    this.#cover = cover;
    this.#chime = chime;
    this.#voice = voice;
  }

  /** Whether a call covers the board or waits to. */
  get busy() {
    return this.#shown !== null;
  }

  /**
   * The calls that the server lists now; new ones wait their turn. Of what happened before this page knew the
   * doctor only those are announced who are still on their way.
   */
  offer(views, initials = {}) {
    const calls = views.flatMap(callsOf);
    const gone = new Set(calls.filter((call) => call.undone || call.back).map((call) => call.id));
    this.#waiting = this.#waiting.filter((call) => !gone.has(call.id));
    const news = calls.filter((call) => !this.#seen.has(call.id));
    for (const call of news.sort((one, other) => Date.parse(one.at) - Date.parse(other.at))) {
      this.#remember(call.id);
      const late = serverNow() - Date.parse(call.at) >= TOO_LATE;
      const over = !call.called && !this.#known.has(call.doctor_id);
      if (!gone.has(call.id) && !late && !over) this.#waiting.push({ ...call, initials: initials[call.code] ?? "" });
    }
    for (const view of views) this.#known.add(view.doctor.id);
    if (this.#shown && gone.has(this.#shown.id)) this.#next();
    else if (this.#shown) this.#tellMore();
    else if (this.#waiting.length) this.#next();
  }

  #next() {
    clearTimeout(this.#timer);
    this.#voice.hush();
    const call = (this.#shown = this.#waiting.shift() ?? null);
    this.#cover.hidden = !call;
    this.#cover.replaceChildren();
    if (!call) return;
    const where = roomName(call.room);
    this.#cover.append(
      h("p", { class: "code", text: call.code }),
      h("p", { class: where.length > LONG_ROOM ? "to long" : "to" }, icon("arrow"), h("span", { text: where || call.doctor })),
      h("p", { class: "who", text: [where ? call.doctor : "", call.initials].filter(Boolean).join(" · ") }),
      h("p", { class: "next-call" }),
    );
    this.#tellMore();
    this.#chime.ring();
    const spoken = new Promise((done) => setTimeout(done, VOICE_AFTER)).then(() => this.#shown === call && this.#voice.speak(call));
    const over = () => this.#shown === call && this.#next();
    this.#timer = setTimeout(() => spoken.then(over, over), SHOWN_FOR);
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
    passing.set(SEEN, JSON.stringify([...this.#seen]));
  }
}

/** A view's calls with what an announcement needs besides; `back`: the patient no longer has to come. */
function callsOf(view) {
  const called = new Set(view.called.map((ticket) => ticket.code));
  const back = new Set([...view.waiting, ...view.on_hold, ...view.missed].map((ticket) => ticket.code));
  return view.calls.map((call) => ({ ...call, doctor: view.doctor.name, called: called.has(call.code), back: back.has(call.code) }));
}
