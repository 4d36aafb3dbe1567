/** Choosing a patient inside a form: type, then pick from the patients that fit what is typed now. */

import { api } from "../base/api.js";
import { h } from "../base/dom.js";
import { moveFocus } from "../base/focus.js";
import { birthDate, t } from "../base/i18n.js";
import { explain } from "../base/problems.js";

const TYPING = 200;
const SHOWN = 20;

/** A control for `buildForm` whose value is a patient's id; `patient()` is the one chosen. */
export function patientControl() {
  const search = h("input", { type: "search", autocomplete: "off", "aria-label": t("finder.label"), placeholder: t("finder.placeholder") });
  const choice = h("select", { "aria-label": t("appointments.patient"), hidden: true });
  const note = h("p", { class: "hint", role: "status" });
  let timer;
  let asked = 0;
  let found = [];

  /** Nobody found for what was typed before may be chosen for what is typed now. */
  const forget = () => {
    asked += 1;
    found = [];
    choice.replaceChildren();
    note.textContent = "";
  };

  const look = async () => {
    forget();
    const mine = asked;
    const q = search.value.trim();
    choice.hidden = q.length < 2;
    if (choice.hidden) return;
    try {
      const { items } = await api.get("/api/patients/", { q, limit: SHOWN });
      if (mine === asked) offer(items);
    } catch (problem) {
      if (mine === asked) note.textContent = explain(problem);
    }
  };

  /** The only one is chosen; of several nobody is, until somebody says who. */
  const offer = (patients) => {
    found = patients;
    const which = patients.length > 1 ? [h("option", { value: "", text: t("form.which_patient") })] : [];
    choice.replaceChildren(...which, ...patients.map((patient) => h("option", { value: patient.id, text: described(patient) })));
    choice.hidden = patients.length === 0;
    note.textContent = patients.length ? "" : t("finder.nobody");
  };

  search.addEventListener("input", () => {
    forget();
    clearTimeout(timer);
    timer = setTimeout(look, TYPING);
  });
  search.addEventListener("keydown", async (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    // Enter asks who fits and leads to them; only from there may it send the form.
    event.preventDefault();
    clearTimeout(timer);
    if (!found.length) await look();
    if (found.length && document.activeElement === search) moveFocus(choice);
  });
  return {
    element: h("div", { class: "slot-choice" }, search, choice, note),
    focusable: search,
    group: true,
    missing: t("form.which_patient"),
    read: () => choice.value,
    patient: () => found.find(({ id }) => id === choice.value),
  };
}

const described = (patient) => [patient.name, patient.date_of_birth && birthDate(patient.date_of_birth), patient.phone_masked].filter(Boolean).join(" · ");
