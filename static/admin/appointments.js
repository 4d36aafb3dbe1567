/** Appointments: booked for a patient, moved, checked in, cancelled; and those of a day as a list. */

import { api } from "../base/api.js";
import { serverNow } from "../base/clock.js";
import { h } from "../base/dom.js";
import { buildForm } from "../base/forms.js";
import { clockTime, currentLanguage, dayOf, t } from "../base/i18n.js";
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
            { label: t("appointments.move"), run: () => move(each, reload) },
            { label: t("appointments.cancel"), danger: true, run: () => cancel(each, reload) },
          ]
        : [],
  });

/** @param {{doctor_id: string, start: string}} [at] the free time that was chosen */
export async function book(reload, at) {
  const doctors = (await api.all("/api/doctors/")).map((doctor) => ({ value: doctor.id, label: doctor.name }));
  if (!doctors.length) {
    const first = addDoctorFirst(true);
    const { close } = openDialog(t("appointments.add"), first);
    first.querySelector("a").addEventListener("click", close);
    return;
  }
  const doctor = h("select", {}, ...doctors.map(({ value, label }) => h("option", { value, text: label })));
  if (at) doctor.value = at.doctor_id;
  const slot = slotControl(() => doctor.value, doctor, at?.start);
  const form = buildForm({
    fields: [
      { name: "patient_id", label: t("appointments.patient"), required: true, control: patientControl() },
      { name: "doctor_id", label: t("join.doctor"), required: true, control: { element: doctor, read: () => doctor.value } },
      { name: "start", label: t("appointments.time"), required: true, control: slot },
    ],
    submit: t("book.confirm"),
    onSubmit: async (values, key) => {
      await api.post("/api/appointments/", values, key);
      dialog.close();
      toast(t("appointments.booked"));
      reload();
    },
  });
  const dialog = openDialog(t("appointments.add"), form);
}

/** Where the page shows an appointment; the server refuses to move it from anywhere else. */
export const placeOf = ({ start, doctor_id }) => ({ start, doctor_id });

export function move(each, reload) {
  const form = buildForm({
    fields: [{ name: "start", label: t("appointments.time"), required: true, control: slotControl(() => each.doctor_id) }],
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

/** A day and one of its free times. `depends` is a control whose change means other times, `chosen` an instant. */
function slotControl(doctorId, depends, chosen) {
  const day = h("input", { type: "date", "aria-label": t("list.day") });
  const time = h("select", { "aria-label": t("appointments.time") });
  const note = h("p", { class: "hint", role: "status" });
  day.value = dayOf(chosen ? Date.parse(chosen) : serverNow());
  const load = async () => {
    time.replaceChildren();
    try {
      const { items, closed } = await api.get(`/api/doctors/${doctorId()}/slots/`, { date: day.value, language: currentLanguage() });
      time.append(...items.map((slot) => h("option", { value: slot.start, text: clockTime(slot.start) })));
      if (items.some(({ start }) => start === chosen)) time.value = chosen;
      note.textContent = items.length ? "" : noTimes(closed);
    } catch (problem) {
      note.textContent = explain(problem);
    }
  };
  day.addEventListener("change", load);
  depends?.addEventListener("change", load);
  load();
  return { element: h("div", { class: "slot-choice" }, day, time, note), focusable: time, group: true, read: () => time.value };
}
