/**
 * Calls spoken by the browser, in each of the display's languages, one after the other and never two at once. A voice
 * that never says that it began or finished (browsers lose these events) must not hold up the next call, so each
 * sentence has a time to begin and a longest time.
 */

import { inLanguage, knows } from "/static/base/i18n.js";
import { roomNameIn } from "/static/base/labels.js";

const BEGINS_WITHIN = 4_000;
const LEAST = 4_000;
const PER_LETTER = 140;
const VOICES_WITHIN = 2_000;
const PACE = 0.9;

export class Voice {
  #speech = window.speechSynthesis;
  /** Raised by every call: a sentence of an earlier one is not begun any more. */
  #turn = 0;
  /** Ends the sentence that is being said. */
  #end = null;
  #voices = null;

  constructor() {
    if (this.#speech) this.#voices = loaded(this.#speech);
  }

  /** Ends when it has been said, or when something else is to be said. @param {{code: string, room: string, doctor: string}} call @param {string[]} languages @param {number} volume 0 to 1 */
  async speak(call, languages, volume) {
    if (!this.#speech) return;
    this.hush();
    const turn = this.#turn;
    await this.#voices;
    for (const language of languages.filter(knows)) {
      if (turn !== this.#turn) return;
      const voice = voiceFor(this.#speech.getVoices(), language);
      if (voice) await this.#say(sentence(call, language), voice, volume);
    }
  }

  /** Silence at once: the next call is due, or this one was taken back. */
  hush() {
    this.#turn += 1;
    if (!this.#end) return;
    this.#speech.cancel();
    this.#end();
  }

  #say(text, voice, volume) {
    return new Promise((done) => {
      const utterance = Object.assign(new SpeechSynthesisUtterance(text), { voice, lang: voice.lang, volume, rate: PACE });
      const end = () => {
        clearTimeout(watchdog);
        utterance.onstart = utterance.onend = utterance.onerror = null;
        if (this.#end === end) this.#end = null;
        done();
      };
      const giveUp = () => {
        this.#speech.cancel();
        end();
      };
      let watchdog = setTimeout(giveUp, BEGINS_WITHIN);
      utterance.onstart = () => {
        clearTimeout(watchdog);
        watchdog = setTimeout(giveUp, LEAST + text.length * PER_LETTER);
      };
      utterance.onend = utterance.onerror = end;
      // Kept also because browsers forget the events of an utterance that nobody holds.
      this.#end = end;
      this.#speech.speak(utterance);
    });
  }
}

/** Browsers load their voices after the page; those that have none never say so. */
function loaded(speech) {
  if (speech.getVoices().length) return null;
  return new Promise((done) => {
    speech.addEventListener("voiceschanged", done, { once: true });
    setTimeout(done, VOICES_WITHIN);
  });
}

/**
 * A voice of this machine before one that needs the internet. A language without a voice is not spoken: an English
 * voice makes nothing of Arabic.
 */
function voiceFor(voices, language) {
  const fitting = voices.filter(({ lang }) => lang.toLowerCase().split(/[-_]/)[0] === language);
  return fitting.find((voice) => voice.localService) ?? fitting[0];
}

/** "A017" is said letter by letter and as a number: "A 17". */
function sentence({ code, room, doctor }, language) {
  const [, letters, digits] = code.match(/^(\D+)0*(\d+)$/) ?? [null, code, ""];
  const where = room ? roomNameIn(language, room) : doctor;
  return inLanguage(language, "kiosk.spoken", { code: `${[...letters].join(" ")} ${digits}`.trim(), where });
}
