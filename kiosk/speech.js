/**
 * Calls spoken by the browser, in each of the display's languages, one after the other. A voice that never says it
 * has finished (browsers lose that event) must not hold up the next call, so each sentence has a longest time.
 */

import { inLanguage } from "/static/base/i18n.js";
import { roomNameIn } from "/static/base/labels.js";

const LEAST = 4_000;
const PER_LETTER = 140;

/** @param {{code: string, room: string, doctor: string}} call @param {string[]} languages @param {number} volume 0 to 1 */
export async function speak(call, languages, volume) {
  if (!("speechSynthesis" in window)) return;
  for (const code of languages) {
    const voice = voiceFor(code);
    if (voice) await say(sentence(call, code), voice, volume);
  }
}

/** Silence at once: a call was taken back. */
export const hush = () => window.speechSynthesis?.cancel();

/** A language without a voice is not spoken: an English voice makes nothing of Arabic. */
const voiceFor = (code) => speechSynthesis.getVoices().find((voice) => voice.lang.toLowerCase().startsWith(code));

function sentence({ code, room, doctor }, language) {
  const [, letters, digits] = code.match(/^(\D+)0*(\d+)$/) ?? [null, code, ""];
  const where = room ? roomNameIn(language, room) : doctor;
  return inLanguage(language, "kiosk.spoken", { code: `${[...letters].join(" ")} ${digits}`.trim(), where });
}

function say(text, voice, volume) {
  return new Promise((done) => {
    const utterance = new SpeechSynthesisUtterance(text);
    utterance.voice = voice;
    utterance.lang = voice.lang;
    utterance.volume = volume;
    utterance.rate = 0.9;
    const end = () => {
      clearTimeout(watchdog);
      utterance.onend = utterance.onerror = null;
      done();
    };
    const watchdog = setTimeout(() => {
      speechSynthesis.cancel();
      end();
    }, LEAST + text.length * PER_LETTER);
    utterance.onend = utterance.onerror = end;
    speechSynthesis.speak(utterance);
  });
}
