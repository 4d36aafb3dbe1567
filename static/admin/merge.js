/** Two records side by side: which one stays, what it takes from the other, and the word that it is meant. */

import { api, newKey } from "../base/api.js";
import { h, uniqueId } from "../base/dom.js";
import { buildForm } from "../base/forms.js";
import { birthDate, LANGUAGES, shortDay, t } from "../base/i18n.js";
import { notice } from "../base/page.js";
import { openDialog, toast } from "../base/overlays.js";
import { explain } from "../base/problems.js";
import { patientControl } from "./patient-control.js";

const SHOWN = {
  name: (patient) => patient.name,
  phone: (patient) => patient.phone,
  date_of_birth: (patient) => patient.date_of_birth && birthDate(patient.date_of_birth),
  language: (patient) => LANGUAGES[patient.language] ?? patient.language,
};

/** Choose whom a record is to be merged with, then show both. */
export function chooseMerge(patient, done) {
  const form = buildForm({
    fields: [{ name: "other_id", label: t("merge.other"), required: true, control: patientControl() }],
    submit: t("merge.compare"),
    onSubmit: async ({ other_id }) => {
      await openMerge(patient.id, other_id, done);
      dialog.close();
    },
  });
  const dialog = openDialog(t("merge.of", { name: patient.name }), form);
}

/** @param {string} one @param {string} other ids @param {() => void} done */
export async function openMerge(one, other, done) {
  if (one === other) {
    openDialog(t("dialog.refused"), h("p", { text: t("merge.same") }));
    return;
  }
  const patients = await Promise.all([one, other].map((id) => api.get(`/api/patients/${id}/`)));
  // Whoever signs in with it, or else the older one, is the more likely to be the one that stays.
  const keep = patients[1].has_account && !patients[0].has_account ? 1 : 0;
  const stays = choice(t("merge.keep"), patients.map((patient) => [patient.name, [t("merge.record", { day: shortDay(patient.created_at) }), patient.has_account ? t("merge.account_yes") : ""].filter(Boolean).join(" · ")]), keep, () => follow());
  const fields = Object.entries(SHOWN).map(([name, show]) => {
    const values = patients.map((patient) => show(patient) || "");
    const rows = values.map((value, at) => [value || t("merge.nothing"), name === "phone" && value ? t(patients[at].sms_consent ? "merge.texts_yes" : "merge.texts_no") : ""]);
    return { name, values, group: choice(t(`merge.field.${name}`), rows, keep), same: values[0] === values[1] };
  });
  /** What nobody has chosen otherwise is the kept record's, or the other's where that has none. */
  const follow = () => {
    for (const { values, group } of fields) group.choose(values[stays.read()] ? stays.read() : 1 - stays.read());
  };
  for (const { values, group } of fields) group.without(values.map((value) => !value));
  follow();

  const sure = h("input", { type: "checkbox" });
  const problem = h("div", { role: "alert" });
  const both = patients.every((patient) => patient.has_account) ? notice("attention", t("merge.two_accounts")) : null;
  const [first, second] = patients;
  const differ = first.phone && first.phone === second.phone && first.sms_consent !== second.sms_consent;
  const later = differ ? h("p", { class: "soft", text: t("merge.later_counts") }) : null;
  const go = h("button", { class: "button button-danger", type: "submit", text: t("merge.do") });
  const form = h(
    "form",
    { class: "form", novalidate: true },
    both,
    h("p", { class: "soft", text: t("merge.what") }),
    stays.element,
    ...fields.filter((field) => !field.same).map((field) => field.group.element),
    later,
    h("label", { class: "check" }, sure, h("span", { text: t("merge.sure") })),
    problem,
    h("div", { class: "buttons" }, go),
  );
  let sent = { text: "", key: "" };
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (go.getAttribute("aria-busy") === "true") return;
    if (!sure.checked) {
      problem.replaceChildren(notice("attention", t("merge.say_so")));
      sure.focus();
      return;
    }
    const kept = stays.read();
    const body = { other_id: patients[1 - kept].id, take: fields.filter((field) => !field.same && field.group.read() !== kept).map((field) => field.name) };
    const text = JSON.stringify([kept, body]);
    if (sent.text !== text) sent = { text, key: newKey() };
    go.setAttribute("aria-busy", "true");
    try {
      const made = await api.post(`/api/patients/${patients[kept].id}/merge/`, body, sent.key);
      close();
      toast(t("merge.done", { name: made.name }));
      done();
    } catch (refusal) {
      problem.replaceChildren(notice("stopped", explainMerge(refusal)));
    } finally {
      go.removeAttribute("aria-busy");
    }
  });
  const { close } = openDialog(t("merge.title"), form);
}

/** The queue's refusal is about the record that goes, here as in every language. */
function explainMerge(refusal) {
  const limit = refusal.body?.limit ?? refusal.code;
  if (["patient_in_queue", "just_in_queue", "two_accounts", "being_merged"].includes(limit)) return t(`merge.refused.${limit}`);
  return explain(refusal);
}

/** A group of two radio buttons; `rows` are what each says, in one or two lines. */
function choice(legend, rows, chosen, changed = () => {}) {
  const name = uniqueId("choice");
  const inputs = rows.map((_, at) => h("input", { type: "radio", name, value: at, on: { change: changed } }));
  inputs[chosen].checked = true;
  const labels = rows.map(([text, more], at) => h("label", { class: "check side" }, inputs[at], h("span", {}, h("span", { dir: "auto", text }), more ? h("span", { class: "soft small", text: more }) : null)));
  return {
    element: h("fieldset", { class: "choice" }, h("legend", { text: legend }), h("div", { class: "pair" }, ...labels)),
    read: () => inputs.findIndex((input) => input.checked),
    choose: (at) => (inputs[at].checked = true),
    /** Nothing is no choice where the other record has something. */
    without: (empty) => inputs.forEach((input, at) => (input.disabled = empty[at] && !empty[1 - at])),
  };
}
