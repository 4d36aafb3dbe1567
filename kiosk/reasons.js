/**
 * The usual reasons of a pause: staff choose them in their own language, the board says them in each of its own. What
 * they worded themselves stays as they wrote it.
 */

import { inLanguage, knows, LANGUAGES, t } from "/static/base/i18n.js";

const USUAL = ["pause.reason.emergency", "pause.reason.break", "pause.reason.meeting", "pause.reason.technical"];

/** @param {string} reason as the queue tells it @returns {string|null} the same in the present language */
export function usualReason(reason) {
  const loaded = Object.keys(LANGUAGES).filter(knows);
  const key = USUAL.find((usual) => loaded.some((code) => inLanguage(code, usual) === reason));
  return key ? t(key) : null;
}
