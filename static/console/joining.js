/** The dialogs that bring somebody into a queue: a found patient, a walk-in, a registration. Each gives its ticket, or null. */

import { api } from "../base/api.js";
import { serverNow } from "../base/clock.js";
import { h } from "../base/dom.js";
import { buildForm, given } from "../base/forms.js";
import { birthDate, clockTime, currentLanguage, dayOf, LANGUAGES, t } from "../base/i18n.js";
import { priorityName } from "../base/labels.js";
import { addDoctorFirst, notice } from "../base/page.js";
import { openDialog, toast } from "../base/overlays.js";
import { explain, Unsent } from "../base/problems.js";
import { session } from "../base/session.js";

const PHONE = /^[+\d][\d\s().-]{3,}$/;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const LOCAL_DATE = /^(\d{1,2})[./-](\d{1,2})[./-](\d{4})$/;

export class Joining {
  #queues;
  #active;
  #commands;

  /**
   * @param queues {@link Queues} @param {() => string|undefined} active the doctor whose column is marked
   * @param commands {@link Commands}
   */
  constructor(queues, active, commands) {
    this.#queues = queues;
    this.#active = active;
    this.#commands = commands;
  }

  /** A registered patient joins a queue; who is booked today is offered the check-in first. */
  async patient(patient) {
    if (this.#nowhere()) return null;
    const bookings = await bookedToday(patient);
    let joining = null;
    const form = buildForm({
      fields: [this.#doctorField(), ...this.#queueFields()],
      submit: t("join.submit"),
      onSubmit: async (values, key) => {
        const ticket = await once(api.post("/api/enqueue/", { patient_id: patient.id, ...given(values) }, key));
        dialog.close();
        this.#joined(ticket, patient.name);
      },
    });
    const checkIn = async ({ id }) => {
      const ticket = await once(this.#commands.checkIn(id).then((answer) => answer.ticket));
      dialog.close();
      this.#commands.checkedIn(joinedAs(ticket, patient.name), ticket, id);
    };
    /** One way in at a time: with its booking, or without. */
    const once = async (sending) => {
      joining = sending;
      for (const way of dialog.element.querySelectorAll("form, .booked")) way.inert = true;
      try {
        return await sending;
      } finally {
        for (const way of dialog.element.querySelectorAll("form, .booked")) way.inert = false;
      }
    };
    const facts = [patient.date_of_birth && birthDate(patient.date_of_birth), patient.phone_masked].filter(Boolean);
    const head = facts.length ? h("p", { class: "soft" }, ...facts.flatMap((fact, index) => [index ? " · " : null, h("bdi", { text: fact })])) : null;
    const dialog = openDialog(t("join.title", { name: patient.name }), head, this.#bookings(bookings, checkIn), form);
    const submit = form.querySelector("button[type=submit]");
    submit.classList.toggle("button-primary", !bookings.length);
    (dialog.element.querySelector(".booked button") ?? submit).focus();
    return ticketOf(dialog, () => joining);
  }

  /** A button per booking of today, with its doctor; null for those who are not expected. */
  #bookings(bookings, checkIn) {
    if (!bookings.length) return null;
    const problem = h("div", { role: "alert" });
    const press = async (each, button) => {
      if (button.getAttribute("aria-busy")) return;
      button.setAttribute("aria-busy", "true");
      try {
        await checkIn(each);
      } catch (refusal) {
        problem.replaceChildren(notice("attention", explain(refusal)));
      } finally {
        button.removeAttribute("aria-busy");
      }
    };
    const buttons = bookings.map((each) => {
      const text = t("join.check_in", { time: clockTime(each.start), doctor: each.doctor });
      return h("button", { class: "button button-primary button-wide", type: "button", text, on: { click: ({ currentTarget }) => press(each, currentTarget) } });
    });
    return h("div", { class: "stack tight booked" }, problem, ...buttons, h("p", { class: "soft", text: t("join.or_without_booking") }));
  }

  /** Without a doctor there is nowhere to join: says so. */
  #nowhere() {
    if (this.#queues.everyone.size) return false;
    openDialog(t("console.no_doctors"), addDoctorFirst(session.user?.role === "admin"));
    return true;
  }

  /** Somebody who just came in: a name is enough. `text` is what the search box held; `sent`: it was entered twice. */
  async walkIn(text, sent) {
    if (this.#nowhere()) return null;
    let joining = null;
    const form = buildForm({
      fields: [this.#doctorField(), ...personFields(text), languageField(), ...this.#queueFields()],
      submit: t("join.submit"),
      onSubmit: async ({ name, phone, sms_consent, language, ...queue }, key) => {
        requireNumber(phone, sms_consent);
        const walk_in = { name, sms_consent, language, ...given({ phone }) };
        joining = api.post("/api/enqueue/", { walk_in, ...given(queue) }, key);
        const ticket = await joining;
        dialog.close();
        this.#joined(ticket, name);
      },
    });
    const dialog = openDialog(t("join.walk_in_title"), form);
    focusFirstGap(form);
    if (sent && form.elements.namedItem("name").value) form.requestSubmit();
    return ticketOf(dialog, () => joining);
  }

  /** A patient is registered, then may join. */
  async register(text) {
    let joining = null;
    const form = buildForm({
      fields: [
        ...personFields(text),
        { name: "date_of_birth", label: t("patient.date_of_birth"), type: "date", value: readDate(text) },
        languageField(),
      ],
      submit: t("join.register"),
      onSubmit: async (values, key) => {
        requireNumber(values.phone, values.sms_consent);
        const sending = api.post("/api/patients/", given(values), key);
        joining = sending.then((patient) => this.patient({ ...values, ...patient })).catch(() => null);
        await sending;
        dialog.close();
        toast(t("done.registered", { name: values.name }));
      },
    });
    const dialog = openDialog(t("join.register_title"), form);
    focusFirstGap(form);
    return ticketOf(dialog, () => joining);
  }

  #joined(ticket, name) {
    this.#commands.joined(joinedAs(ticket, name), ticket);
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

/** What a dialog brings in the end: known once it is closed, and what it sent then (`sent`, a promise) is answered. */
const ticketOf = (dialog, sent) =>
  new Promise((done) => dialog.element.addEventListener("close", () => done(sent()?.catch(() => null) ?? null)));

const joinedAs = (ticket, name) => t("done.joined", { code: ticket.code, name, doctor: ticket.doctor });

/** What stood in the search box goes where it belongs: a number, a birth date (which a walk-in has no field for) or a name. */
function personFields(text) {
  const isDate = DATE.test(text) || LOCAL_DATE.test(text);
  const isPhone = !isDate && PHONE.test(text);
  return [
    { name: "name", label: t("patient.name"), required: true, value: isPhone || isDate ? "" : text, attributes: { autocomplete: "off" } },
    { name: "phone", label: t("patient.phone"), type: "tel", value: isPhone ? text : "", attributes: { autocomplete: "off" } },
    { name: "sms_consent", label: t("patient.sms_consent"), type: "checkbox" },
  ];
}

/** Whoever ticks that the patient agreed to texts means to send some. */
function requireNumber(phone, consent) {
  if (consent && !phone) throw new Unsent("phone", t("form.phone_for_texts"));
}

/** What the patient is texted and called in; most speak what the desk does. */
function languageField() {
  const options = Object.entries(LANGUAGES).map(([value, label]) => ({ value, label }));
  return { name: "language", label: t("patient.language"), type: "select", required: true, options, value: currentLanguage() };
}

/** A date as a date field takes it; "" for none, and for one that reads two ways (3/4/1980). */
function readDate(text) {
  if (DATE.test(text)) return text;
  const [, one, other, year] = LOCAL_DATE.exec(text) ?? [];
  if (!year || (Number(one) <= 12 && Number(other) <= 12 && one !== other)) return "";
  const [day, month] = Number(one) > 12 ? [one, other] : [other, one];
  return `${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`;
}

/** What the patient is booked for today; who cannot be asked about joins without. */
const bookedToday = ({ id }) =>
  api.all("/api/appointments/", { patient_id: id, date: dayOf(serverNow()), state: "booked" }).catch(() => []);

/** A walk-in's doctor is preselected and the name typed: start where something is missing, else on the button. */
function focusFirstGap(form) {
  const name = form.elements.namedItem("name");
  if (name.value) form.querySelector("button[type=submit]").focus();
  else name.focus();
}
