/** Everything on the screen: takes what a feed knows to the parts that show it, and ticks once a second. */

import { serverNow } from "/static/base/clock.js";
import { setText } from "/static/base/dom.js";
import { clockTime, shortDate, useZone } from "/static/base/i18n.js";
import { showAge } from "./age.js";
import { Announcer } from "./announcer.js";
import { Board } from "./board.js";
import { Chime } from "./chime.js";
import { Health } from "./health.js";
import { showJoin } from "./join.js";
import { Languages } from "./languages.js";
import { LastCalls } from "./last-calls.js";
import { Orders } from "./orders.js";
import { PairingScreen } from "./pairing.js";
import { followRelease } from "./release.js";
import { Voice } from "./speech.js";
import { Ticker } from "./ticker.js";
import { sayPage, setWords } from "./words.js";

const element = (id) => document.getElementById(id);

export class Screen {
  #feed = null;
  #clinic = null;
  #display = null;
  #chime = new Chime(element("sound"));
  #board = new Board(element("board"), element("return"), element("missed"));
  #last = new LastCalls(element("last"), element("calls"));
  #languages = new Languages(() => this.#sayAnew());
  #voice = new Voice();
  #announcer = new Announcer(element("call"), this.#chime, { speak: (call) => this.#speak(call), hush: () => this.#voice.hush() });
  #pairing = new PairingScreen(element("pairing"));
  #ticker = new Ticker(element("ticker"));
  #orders = new Orders(element("identify"));
  #health = new Health(this.#chime);

  constructor() {
    element("today").hidden = true;
    sayPage(document);
  }

  /** Show what `feed` knows now. @param {object} feed a DisplayFeed, or the Queues of the doctors in the address */
  show(feed) {
    this.#feed = feed;
    const display = feed.display ?? null;
    this.#pairing.show(display && !display.paired ? display.code : null);
    if (display?.paired) this.#use(display);
    if (feed.clinic) this.#useClinic(feed.clinic);
    const views = feed.views();
    this.#announcer.offer(views, feed.initials);
    this.#last.take(views);
    this.#board.show(views, feed);
    showJoin(element("join"), feed.join ?? null);
    if (feed.send) this.#health.report(feed);
  }

  /** What the server says of the clinic, also to screens that are no displays. */
  knowClinic(clinic) {
    this.#clinic = clinic;
    element("today").hidden = false;
    if (!this.#feed?.clinic) this.#useClinic(clinic);
    this.#sayAnew();
  }

  /** Once a second. */
  tick() {
    this.#showToday();
    if (!this.#feed) return;
    showAge(element("age"), this.#feed);
    this.#board.turn();
    this.#languages.turn(this.#announcer.busy);
    this.#ticker.turn();
    if (this.#feed.send) this.#health.report(this.#feed);
    this.#orders.turn(this.#announcer.busy);
    followRelease(this.#feed.version ?? this.#clinic?.version ?? null, this.#announcer.busy);
  }

  #use(display) {
    this.#display = display;
    const root = document.documentElement;
    if (display.theme === "auto") delete root.dataset.theme;
    else root.dataset.theme = display.theme;
    this.#chime.use(display.chime || display.voice, display.chime, display.volume);
    this.#languages.use(display.languages, display.rotate);
    this.#orders.obey(display);
  }

  #useClinic(clinic) {
    if (clinic.timezone) useZone(clinic.timezone);
    setText(element("clinic"), clinic.name);
    this.#ticker.take((this.#display?.announcements ?? true) ? (clinic.announcements ?? []) : []);
  }

  #sayAnew() {
    sayPage(document);
    this.#showToday();
    if (this.#feed) this.show(this.#feed);
  }

  /** Screens that are no displays have a chime and no voice. */
  async #speak(call) {
    if (this.#display?.voice) await this.#voice.speak(call, this.#languages.spoken, this.#display.volume / 100);
  }

  #showToday() {
    const today = element("today");
    if (today.hidden) return;
    if (!today.firstChild) {
      today.append(document.createElement("span"), document.createElement("time"));
      today.lastChild.className = "time";
    }
    setWords(today.firstChild, () => shortDate(serverNow()));
    setText(today.lastChild, clockTime(serverNow()));
  }
}
