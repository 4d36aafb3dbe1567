/**
 * The first start in three steps: a doctor, the opening hours, the waiting-room TV. Each step is saved as it is done, so
 * that whoever is called away carries on where they were; the last one can wait.
 */

import { api } from "../base/api.js";
import { h } from "../base/dom.js";
import { buildForm } from "../base/forms.js";
import { currentLanguage, number, t } from "../base/i18n.js";
import { icon } from "../base/icons.js";
import { fill } from "../base/page.js";
import { explain } from "../base/problems.js";
import { hoursControl } from "./hours.js";

const KEPT = "setup";
const STEPS = ["doctor", "hours", "tv", "done"];

export const setupView = () => {
  const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "null") ?? { step: "doctor", doctor_id: "" };
  const list = h("ol", { class: "setup-steps" });
  const place = h("div", { class: "stack" });

  const go = (step, doctorId = kept.doctor_id) => {
    Object.assign(kept, { step, doctor_id: doctorId });
    if (step === "done") sessionStorage.removeItem(KEPT);
    else sessionStorage.setItem(KEPT, JSON.stringify(kept));
    return show();
  };
  const show = async () => {
    list.replaceChildren(...STEPS.slice(0, -1).map((step) => stepMark(step, kept.step)));
    await fill(place, () => ({ doctor: askDoctor, hours: askHours, tv: askTv, done: allDone })[kept.step](kept.doctor_id, go), explain);
    (place.querySelector("input") ?? place.querySelector("h2"))?.focus();
  };
  show();
  return { element: h("div", { class: "stack setup" }, list, h("div", { class: "card" }, place)) };
};

function stepMark(step, now) {
  const state = STEPS.indexOf(step) < STEPS.indexOf(now) ? "done" : step === now ? "now" : "later";
  const done = state === "done" ? [icon("check"), h("span", { class: "visually-hidden", text: t("setup.step_done") })] : [];
  const title = h("span", { text: `${number(STEPS.indexOf(step) + 1)} ${t(`setup.${step}`)}` });
  return h("li", { "data-state": state, "aria-current": state === "now" ? "step" : null }, title, ...done);
}

const titled = (title, words) => [h("h2", { text: t(title), tabindex: -1 }), h("p", { class: "soft", text: t(words) })];

function askDoctor(_, go) {
  const form = buildForm({
    fields: [
      { name: "name", label: t("doctor.name"), hint: t("setup.doctor_hint"), required: true, attributes: { autocomplete: "off" } },
      { name: "specialty", label: t("doctor.specialty"), required: true, attributes: { autocomplete: "off" } },
      { name: "room", label: t("doctor.room"), required: true, attributes: { autocomplete: "off" } },
    ],
    submit: t("setup.next"),
    onSubmit: async (values, key) => go("hours", (await api.post("/api/doctors/", values, key)).id),
  });
  return [...titled("setup.doctor_title", "setup.doctor_words"), form];
}

async function askHours(doctorId, go) {
  const doctor = await api.get(`/api/doctors/${doctorId}/`);
  const form = buildForm({
    fields: [{ name: "hours", label: t("doctor.hours"), hint: t("doctor.hours_hint"), plainLabel: true, control: hoursControl(doctor.hours) }],
    submit: t("setup.next"),
    onSubmit: async (values) => {
      await api.patch(`/api/doctors/${doctorId}/`, values);
      await go("tv");
    },
  });
  return [...titled("setup.hours_title", "setup.hours_words"), form];
}

async function askTv(_, go) {
  const doctors = await api.all("/api/doctors/");
  const later = h("button", { class: "button", type: "button", text: t("setup.later"), on: { click: () => go("done") } });
  const form = buildForm({
    fields: [
      { name: "code", label: t("displays.code"), required: true, attributes: { autocomplete: "off", autocapitalize: "characters", spellcheck: "false" } },
      { name: "name", label: t("displays.name"), hint: t("displays.name_hint"), required: true },
    ],
    submit: t("displays.connect"),
    onSubmit: async (values, key) => {
      const shown = { doctor_ids: doctors.map(({ id }) => id), languages: [currentLanguage()] };
      await api.post("/api/displays/pair/", { ...values, ...shown }, key);
      await go("done");
    },
    extra: [later],
  });
  const address = h("p", {}, h("bdi", { class: "code", dir: "ltr", text: `${location.origin}/kiosk/` }));
  return [...titled("setup.tv_title", "setup.tv_words"), address, form];
}

function allDone() {
  const link = (href, key, look = "") => h("a", { class: `button ${look}`, href, text: t(key) });
  const links = [link("/console/", "setup.to_console", "button-primary"), link("#/users", "setup.to_users"), link("#/settings", "setup.to_settings")];
  return [...titled("setup.done_title", "setup.done_words"), h("div", { class: "buttons" }, ...links)];
}
