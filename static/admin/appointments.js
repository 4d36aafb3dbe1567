/** Appointments: booked for a patient, moved, checked in, cancelled; and those of a day as a list. */

import { api } from "../base/api.js";
import { serverNow } from "../base/clock.js";
import { h } from "../base/dom.js";
import { buildForm } from "../base/forms.js";
import { clockTime, currentLanguage, dateAndTime, dayOf, t } from "../base/i18n.js";
import { appointmentStateName, noTimes } from "../base/labels.js";
import { addDoctorFirst } from "../base/page.js";
import { confirmDialog, openDialog, toast } from "../base/overlays.js";
import { explain } from "../base/problems.js";
import { attempt } from "./attempt.js";
import { listView } from "./list.js";
import { patientControl } from "./patient-control.js";

export const appointmentsList = () =>
  listView({
    path: "/api/appointments/",
    empty: t("appointments.none"),
    name: (each) => `${clockTime(each.start)} ${each.patient?.name ?? ""}`,
    filters: [{ name: "date", label: t("list.day"), type: "date", value: dayOf(serverNow()) }],
    create: { label: t("appointments.add"), open: (reload) => attempt(() => book(reload)) },
    columns: [
      { label: t("list.time"), cell: (each) => clockTime(each.start) },
      { label: t("patient.name"), cell: (each) => each.patient?.name },
      { label: t("join.doctor"), cell: (each) => each.doctor },
      { label: t("patient.phone"), cell: (each) => h("span", { class: "nowrap", dir: "ltr", text: each.patient?.phone_masked }) },
      { label: t("list.state"), cell: (each) => appointmentStateName(each) },
    ],
    actions: (each, reload) =>
      each.state === "booked"
        ? [
            { label: t("appointments.move"), run: () => attempt(() => move(each, reload)) },
            { label: t("appointments.cancel"), danger: true, run: () => cancel(each, reload) },
          ]
        : [],
  });

/** @param {{doctor_id: string, start: string}} [at] the free time that was chosen */
export async function book(reload, at) {
  const doctors = await api.all("/api/doctors/");
  if (!doctors.length) {
    const first = addDoctorFirst(true);
    const { close } = openDialog(t("appointments.add"), first);
    first.querySelector("a").addEventListener("click", close);
    return;
  }
  const doctor = doctorControl(doctors, at?.doctor_id ?? doctors[0].id);
  const slot = slotControl(doctor, at?.start);
  const form = buildForm({
    fields: [
      { name: "patient_id", label: t("appointments.patient"), required: true, control: patientControl() },
      { name: "doctor_id", label: t("join.doctor"), required: true, control: doctor },
      { name: "start", label: t("appointments.time"), required: true, control: slot },
    ],
    submit: t("book.confirm"),
    onSubmit: async (values, key) => {
      const made = await api.post("/api/appointments/", values, key);
      dialog.close();
      toast(t("appointments.booked", { name: made.patient.name, doctor: made.doctor, time: dateAndTime(made.start) }));
      reload();
    },
  });
  const dialog = openDialog(t("appointments.add"), form);
}

/** Where the page shows an appointment; the server refuses to move it from anywhere else. */
export const placeOf = ({ start, doctor_id }) => ({ start, doctor_id });

/** To another time, perhaps with another doctor. */
export async function move(each, reload) {
  const doctor = doctorControl(await api.all("/api/doctors/"), each.doctor_id);
  const form = buildForm({
    fields: [
      { name: "doctor_id", label: t("join.doctor"), required: true, control: doctor },
      { name: "start", label: t("appointments.time"), required: true, control: slotControl(doctor) },
    ],
    submit: t("appointments.move"),
    onSubmit: async (values, key) => {
      await api.post(`/api/appointments/${each.id}/reschedule/`, { ...values, from: placeOf(each) }, key);
      dialog.close();
      toast(t("appointments.moved"));
      reload();
    },
  });
  const dialog = openDialog(t("appointments.move"), form);
}

export async function cancel(each, reload) {
  if (!(await confirmDialog(t("appointments.cancel"), t("appointments.cancel_text", { name: each.patient?.name ?? "", time: clockTime(each.start) }), t("appointments.cancel")))) return;
  await attempt(async () => {
    await api.post(`/api/appointments/${each.id}/cancel/`);
    toast(t("appointments.cancelled"));
    reload();
  });
}

/** Somebody who is expected is here. */
export async function checkIn(each, reload) {
  await attempt(async () => {
    const { ticket } = await api.post(`/api/appointments/${each.id}/check-in/`);
    toast(t("done.checked_in", { name: each.patient?.name ?? "", code: ticket.code }));
    reload();
  });
}

function doctorControl(doctors, chosen) {
  const element = h("select", {}, ...doctors.map(({ id, name }) => h("option", { value: id, text: name })));
  element.value = chosen;
  return { element, read: () => element.value };
}

/** A day and one of the free times that the chosen doctor has on it; `chosen` is an instant. */
function slotControl(doctor, chosen) {
  const day = h("input", { type: "date", "aria-label": t("list.day") });
  const time = h("select", { "aria-label": t("appointments.time") });
  const note = h("p", { class: "hint", role: "status" });
  day.value = dayOf(chosen ? Date.parse(chosen) : serverNow());
  let asked = 0;
  const load = async () => {
    const mine = (asked += 1);
    time.replaceChildren();
    try {
      const { items, closed } = await api.get(`/api/doctors/${doctor.read()}/slots/`, { date: day.value, language: currentLanguage() });
      // Of several questions the last one counts, in whatever order the answers come.
      if (mine !== asked) return;
      time.append(...items.map((slot) => h("option", { value: slot.start, text: clockTime(slot.start) })));
      if (items.some(({ start }) => start === chosen)) time.value = chosen;
      note.textContent = items.length ? "" : noTimes(closed);
    } catch (problem) {
      if (mine === asked) note.textContent = explain(problem);
    }
  };
  day.addEventListener("change", load);
  doctor.element.addEventListener("change", load);
  load();
  return { element: h("div", { class: "slot-choice" }, day, time, note), focusable: time, group: true, read: () => time.value };
}
