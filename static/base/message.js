/** One text in full: what it says, to whom, what became of it step by step, and sending it again. */

import { api } from "./api.js";
import { h } from "./dom.js";
import { buildForm, given } from "./forms.js";
import { exactTime, t } from "./i18n.js";
import { faultName, eventName, kindName, mark, notReached, outcomeName, smsStateName } from "./labels.js";
import { notice } from "./page.js";
import { openDialog, toast } from "./overlays.js";
import { explain } from "./problems.js";

/** Their detail is another text's id, which tells people nothing. */
const LINKS = new Set(["resend_of", "sent_again"]);

const pathOf = (text, verb = "") => `/api/notifications/${encodeURIComponent(text.id)}/${verb}`;

/** The state as a mark, with Twilio's code where there is one. */
export function stateOf(text) {
  const code = /^\d+$/.test(text.code ?? "") ? text.code : null;
  const words = [smsStateName(text.state), code].filter(Boolean).join(" ");
  return notReached(text) ? mark("state-attention", "alert", words) : words;
}

/** Why it is in this state, in a sentence; "" where nothing is to be explained. */
export const whyOf = (text) => (text.code ? faultName(text.code, text.reason) : "");

/** The masked number; a button shows the whole one, which is written down. */
export function numberOf(text) {
  const element = h("span", { class: "number" }, h("span", { class: "nowrap", dir: "ltr", text: text.to_masked }));
  if (!text.to_masked) return element;
  const show = h("button", { class: "button button-plain", type: "button", text: t("message.show_number") });
  show.addEventListener("click", async () => {
    show.setAttribute("aria-busy", "true");
    try {
      const { phone } = await api.post(pathOf(text, "number/"));
      const link = h("a", { class: "nowrap", dir: "ltr", href: `tel:${phone}`, text: phone });
      element.replaceChildren(link);
      link.focus();
    } catch (problem) {
      toast(explain(problem), { kind: "stopped" });
    } finally {
      show.removeAttribute("aria-busy");
    }
  });
  element.append(" ", show);
  return element;
}

/** The whole story of a text in a dialog, read anew: callbacks may have come since the list was loaded. */
export async function openMessage(known) {
  const text = await api.get(pathOf(known)).catch(() => known);
  const why = whyOf(text);
  const steps = stepsOf(text).map((step) => h("li", { class: "step" }, h("time", { class: "soft nowrap", datetime: step.at, text: exactTime(step.at) }), h("span", { text: step.what })));
  openDialog(
    kindName(text.kind),
    h("div", { class: "stack" }, h("p", {}, numberOf(text)), h("p", {}, stateOf(text)), why ? h("p", { class: "soft sentence", text: why }) : null, h("p", { dir: "auto", text: text.body }), h("ol", { class: "steps" }, ...steps)),
  );
}

/** Everything that happened to a text, in order. @returns {{at: string, what: string}[]} */
function stepsOf(text) {
  const steps = [
    { at: text.created_at, what: t("message.taken") },
    ...text.attempts.flatMap((attempt) => [
      { at: attempt.started, what: t("message.attempt") },
      ...(attempt.ended ? [{ at: attempt.ended, what: words(outcomeName(attempt.outcome), attempt.code ? faultName(attempt.code, attempt.code) : attempt.status, attempt.sid) }] : []),
    ]),
    ...text.events.map((event) => ({ at: event.at, what: words(eventName(event.what), LINKS.has(event.what) ? "" : event.detail) })),
  ];
  return steps.sort((one, other) => Date.parse(one.at) - Date.parse(other.at));
}

const words = (...parts) => parts.filter(Boolean).join(" · ");

/** Why a text that was sent again will not leave after all; "" if it is on its way. */
export const refusedOf = (answer) => (answer.state === "suppressed" ? t("unreached.not_sent", { why: whyOf(answer) }) : "");

/**
 * A form that sends a text again, to another number if one is given. It says so where the new one will not leave.
 * @param {(answer: object) => unknown} done gets the new text
 */
export function resendForm(text, done) {
  const refused = h("div", { role: "alert" });
  const form = buildForm({
    fields: [
      { name: "phone", label: t("unreached.phone"), type: "tel", hint: t("unreached.phone_hint") },
      { name: "keep", label: t("unreached.keep"), type: "checkbox", value: true },
    ],
    submit: t("unreached.resend"),
    onSubmit: async ({ phone, keep }, key) => {
      refused.replaceChildren();
      const answer = await api.post(pathOf(text, "resend/"), { ...given({ phone }), keep: Boolean(phone) && keep }, key);
      const why = refusedOf(answer);
      if (why) refused.replaceChildren(notice("attention", why));
      else toast(t("unreached.resent"));
      await done(answer);
    },
  });
  form.prepend(refused);
  return form;
}

/** The patient was told some other way: nobody needs to look at this text any more. */
export const handled = (text) => api.post(pathOf(text, "handled/"));
