/** Choosing a patient inside a form: type, then pick from the patients that fit. */

import { api } from "../base/api.js";
import { h } from "../base/dom.js";
import { birthDate, t } from "../base/i18n.js";

const TYPING = 200;

/** A control for `buildForm` whose value is a patient's id. */
export function patientControl() {
  const search = h("input", { type: "search", autocomplete: "off", "aria-label": t("finder.label"), placeholder: t("finder.placeholder") });
  const choice = h("select", { "aria-label": t("appointments.patient"), hidden: true });
  const note = h("p", { class: "hint", role: "status" });
  let timer;
  const look = async () => {
    const q = search.value.trim();
    if (q.length < 2) return;
    const { items } = await api.get("/api/patients/", { q, limit: 20 }).catch(() => ({ items: [] }));
    choice.replaceChildren(...items.map((patient) => h("option", { value: patient.id, text: [patient.name, patient.date_of_birth && birthDate(patient.date_of_birth), patient.phone_masked].filter(Boolean).join(" · ") })));
    choice.hidden = items.length === 0;
    note.textContent = items.length ? "" : t("finder.nobody");
  };
  search.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(look, TYPING);
  });
  return { element: h("div", { class: "slot-choice" }, search, choice, note), focusable: search, group: true, read: () => choice.value };
}
