/**
 * Refusals in the reader's words. The server's `detail` is an exact English sentence ("A007 was already called by
 * Dr Rao at 10:14"); in other languages the code's own sentence is used, with what the answer says of who and when.
 */

import { Problem } from "./api.js";
import { clockTime, currentLanguage, hasText, t } from "./i18n.js";

/** One sentence that says what happened and what to do next. */
export function explain(problem) {
  if (!(problem instanceof Problem)) {
    console.error(problem);
    return t("error.unexpected");
  }
  if (problem.code === "offline") return t("error.offline");
  if (problem.code === "slow_down") return t("error.slow_down", { count: problem.retryAfter ?? 60 });
  if (currentLanguage() !== "en" && hasText(`error.${problem.body?.limit}`)) return limitName(problem.body);
  if (problem.code === "wrong_state" && currentLanguage() !== "en") return whoWasFaster(problem.body);
  if (problem.code === "cannot_undo" && problem.body?.by) return t(`error.cannot_undo.${problem.body.why}`, { by: problem.body.by, time: clockTime(problem.body.at) });
  if (problem.status >= 500 && problem.code !== "storage_unavailable") return t("error.unexpected");
  if (currentLanguage() === "en" && problem.detail) return problem.detail;
  if (problem.body?.ticket_code) return t("error.already_queued_as", { code: problem.body.ticket_code });
  const key = `error.${problem.code}`;
  return hasText(key) ? t(key) : t("error.unexpected");
}

const limitName = ({ limit, by = "", at }) => t(`error.${limit}`, { by, time: at ? clockTime(at) : "" });

function whoWasFaster({ state, by, at }) {
  const name = hasText(`state.${state}`) ? t(`state.${state}`) : "";
  if (by && at) return t("error.wrong_state_by", { state: name, by, time: clockTime(at) });
  return t("error.wrong_state", { state: name });
}

/** A refusal of the page's own, in its reader's words, before anything is sent. */
export class Unsent extends Error {
  /** @param {string} field whom `message` stands beside */
  constructor(field, message) {
    super(message);
    this.errors = [{ field, own: message }];
  }
}

/**
 * The sentence to show beside a field. The server's message is what follows the field's name, in English and in the
 * words of the API; where those would not do on a page, `wrong.<field>` says it in every language.
 */
export function explainField(error) {
  if (error.own) return error.own;
  const names = error.field.split(".").reverse();
  const own = names.map((name) => `wrong.${name}`).find(hasText);
  if (own) return t(own);
  if (currentLanguage() === "en" && error.message) return t("error.field_this", { message: error.message });
  return t(names.map((name) => `error.field.${name}`).find(hasText) ?? "error.field");
}
