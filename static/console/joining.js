/** The dialogs that bring somebody into a queue: a found patient, a walk-in, a registration. */

import { api } from "../base/api.js";
import { h } from "../base/dom.js";
import { buildForm, given } from "../base/forms.js";
import { currentLanguage, LANGUAGES, t } from "../base/i18n.js";
import { priorityName } from "../base/labels.js";
import { openDialog, toast } from "../base/overlays.js";

const PHONE = /^[+\d][\d\s().-]{3,}$/;

export class Joining {
  #queues;
  #active;

  /** @param queues {@link Queues} @param {() => string|undefined} active the doctor whose column is marked */
  constructor(queues, active) {
    this.#queues = queues;
    this.#active = active;
  }

  /** A registered patient joins a queue. */
  patient(patient) {
    const form = buildForm({
      fields: [this.#doctorField(), ...this.#queueFields()],
      submit: t("join.submit"),
      onSubmit: async (values, key) => {
        const ticket = await api.post("/api/enqueue/", { patient_id: patient.id, ...given(values) }, key);
        dialog.close();
        this.#joined(ticket, patient.name);
      },
    });
    const facts = [patient.date_of_birth, patient.phone_masked].filter(Boolean).join(" · ");
    const dialog = openDialog(t("join.title", { name: patient.name }), facts ? h("p", { class: "soft" }, h("bdi", { dir: "ltr", text: facts })) : null, form);
    form.querySelector("button[type=submit]").focus();
  }

  /** Somebody who just came in: a name is enough. `text` is what the search box held. */
  walkIn(text) {
    const form = buildForm({
      fields: [this.#doctorField(), ...personFields(text), ...this.#queueFields()],
      submit: t("join.submit"),
      onSubmit: async ({ name, phone, sms_consent, ...queue }, key) => {
        const walk_in = { name, sms_consent: Boolean(phone) && sms_consent, ...given({ phone }) };
        const ticket = await api.post("/api/enqueue/", { walk_in, ...given(queue) }, key);
        dialog.close();
        this.#joined(ticket, name);
      },
    });
    const dialog = openDialog(t("join.walk_in_title"), form);
    focusFirstGap(form);
  }

  /** A patient is registered, then may join. */
  register(text) {
    const languages = Object.entries(LANGUAGES).map(([value, label]) => ({ value, label }));
    const form = buildForm({
      fields: [
        ...personFields(text),
        { name: "date_of_birth", label: t("patient.date_of_birth"), type: "date" },
        { name: "language", label: t("patient.language"), type: "select", required: true, options: languages, value: currentLanguage() },
      ],
      submit: t("join.register"),
      onSubmit: async (values, key) => {
        const patient = await api.post("/api/patients/", given({ ...values, sms_consent: Boolean(values.phone) && values.sms_consent }), key);
        dialog.close();
        toast(t("done.registered", { name: values.name }));
        this.patient({ ...values, ...patient });
      },
    });
    const dialog = openDialog(t("join.register_title"), form);
    focusFirstGap(form);
  }

  #joined(ticket, name) {
    toast(t("done.joined", { code: ticket.code, name, doctor: ticket.doctor }));
  }

  /** The marked column's doctor is offered first: the one reception was just looking at. */
  #doctorField() {
    const doctors = [...this.#queues.everyone.values()];
    const waiting = (doctor) => this.#queues.views.get(doctor.id)?.waiting.length ?? doctor.waiting ?? 0;
    const status = (doctor) => this.#queues.views.get(doctor.id)?.status ?? doctor.status;
    const options = doctors.map((doctor) => ({
      value: doctor.id,
      label: t(status(doctor) === "closed" ? "join.doctor_closed" : "join.doctor_option", { doctor: doctor.name, count: waiting(doctor) }),
    }));
    return { name: "doctor_id", label: t("join.doctor"), type: "select", required: true, options, value: this.#active() };
  }

  #queueFields() {
    const options = ["normal", "priority", "emergency"].map((value) => ({ value, label: priorityName(value) }));
    return [
      { name: "priority", label: t("join.priority"), type: "select", required: true, options, value: "normal" },
      { name: "reason", label: t("join.reason"), hint: t("join.reason_hint") },
    ];
  }
}

function personFields(text) {
  const isPhone = PHONE.test(text);
  return [
    { name: "name", label: t("patient.name"), required: true, value: isPhone ? "" : text, attributes: { autocomplete: "off" } },
    { name: "phone", label: t("patient.phone"), type: "tel", value: isPhone ? text : "", attributes: { autocomplete: "off" } },
    { name: "sms_consent", label: t("patient.sms_consent"), type: "checkbox" },
  ];
}

/** A walk-in's doctor is preselected and the name typed: start where something is missing, else on the button. */
function focusFirstGap(form) {
  const name = form.elements.namedItem("name");
  if (name.value) form.querySelector("button[type=submit]").focus();
  else name.focus();
}
