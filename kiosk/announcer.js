/**
 * Calls that cover the board: each for six seconds and until it is spoken to its end, one after the other, none lost
 * and none twice. One that reaches this screen more than a minute late is shown in silence. One taken back goes away.
 */

import { serverNow } from "/static/base/clock.js";
import { h } from "/static/base/dom.js";
import { t } from "/static/base/i18n.js";
import { icon } from "/static/base/icons.js";
import { roomName } from "/static/base/labels.js";
import { keep, kept } from "./store.js";

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
  #seen = new Set(kept(SEEN, "session") ?? []);

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
    const gone = goneFrom(views, calls);
    this.#waiting = this.#waiting.filter((call) => !gone(call));
    const here = new Set([this.#shown, ...this.#waiting].map((call) => call?.id));
    const news = calls.filter((call) => !this.#seen.has(call.id) && !here.has(call.id));
    for (const call of news.sort((one, other) => Date.parse(one.at) - Date.parse(other.at))) {
      const late = serverNow() - Date.parse(call.at) >= TOO_LATE;
      const over = !call.called && (late || !this.#known.has(call.doctor_id));
      if (gone(call) || over) this.#remember(call.id);
      else this.#waiting.push({ ...call, late, initials: initials[call.code] ?? "" });
    }
    for (const view of views) this.#known.add(view.doctor.id);
    if (this.#shown && gone(this.#shown)) this.#next();
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
    this.#remember(call.id);
    this.#cover.append(...describe(call), h("p", { class: "next-call" }));
    this.#tellMore();
    const spoken = call.late ? Promise.resolve() : this.#sound(call);
    const over = () => this.#shown === call && this.#next();
    this.#timer = setTimeout(() => spoken.then(over, over), SHOWN_FOR);
  }

  async #sound(call) {
    this.#chime.ring();
    await new Promise((done) => setTimeout(done, VOICE_AFTER));
    if (this.#shown === call) await this.#voice.speak(call);
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
    keep(SEEN, [...this.#seen], "session");
  }
}

/** What stands on the cover. */
function describe(call) {
  const where = roomName(call.room);
  return [
    h("p", { class: "code", text: call.code }),
    h("p", { class: where.length > LONG_ROOM ? "to long" : "to" }, icon("arrow"), h("span", { text: where || call.doctor })),
    h("p", { class: "who", text: [where ? call.doctor : "", call.initials].filter(Boolean).join(" · ") }),
  ];
}

/** A view's calls with what an announcement needs besides. */
function callsOf(view) {
  const called = new Set(view.called.map((ticket) => ticket.code));
  return view.calls.map((call) => ({ ...call, doctor: view.doctor.name, called: called.has(call.code) }));
}

/** Tells of which calls the patient no longer has to come, also of those that the server lists no more. */
function goneFrom(views, calls) {
  const undone = new Set(calls.filter((call) => call.undone).map((call) => call.id));
  const name = (doctor_id, code) => `${doctor_id} ${code}`;
  const back = new Set(
    views.flatMap(({ doctor, waiting, on_hold, missed }) => [...waiting, ...on_hold, ...missed].map(({ code }) => name(doctor.id, code))),
  );
  return (call) => undone.has(call.id) || back.has(name(call.doctor_id, call.code));
}
