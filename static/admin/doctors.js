/** Doctors and teams: what patients see of them, their rooms and weekly hours. */

import { api } from "../base/api.js";
import { h } from "../base/dom.js";
import { buildForm, changed, given } from "../base/forms.js";
import { t } from "../base/i18n.js";
import { queueStatusName, roomName } from "../base/labels.js";
import { confirmDialog, openDialog, toast } from "../base/overlays.js";
import { attempt } from "./attempt.js";
import { closuresControl } from "./closures.js";
import { hoursControl } from "./hours.js";
import { listView } from "./list.js";
import { tellOfBooked } from "./still-booked.js";

export const doctorsView = () =>
  listView({
    path: "/api/doctors/",
    empty: t("doctors.none_admin"),
    name: (doctor) => doctor.name,
    create: { label: t("doctors.add"), open: (reload) => edit(null, reload) },
    columns: [
      { label: t("doctor.letter"), cell: (doctor) => h("span", { class: "code", text: doctor.letter }) },
      { label: t("doctor.name"), cell: (doctor) => doctor.name },
      { label: t("doctor.specialty"), cell: (doctor) => doctor.specialty },
      { label: t("doctor.room"), cell: (doctor) => (doctor.rooms?.length ? doctor.rooms : [doctor.room]).map(roomName).join(", ") },
      { label: t("list.state"), cell: (doctor) => queueStatusName(doctor.status) },
    ],
    actions: (doctor, reload) => [
      { label: t("action.edit"), run: () => attempt(async () => edit(await api.get(`/api/doctors/${doctor.id}/`), reload)) },
      { label: t("doctors.show_board"), run: () => open(`/kiosk/?doctor=${encodeURIComponent(doctor.id)}`, "_blank", "noopener") },
      { label: t("action.remove"), danger: true, run: () => remove(doctor, reload) },
    ],
  });

function edit(doctor, reload) {
  const kinds = ["doctor", "team"].map((value) => ({ value, label: t(`doctor.kind_${value}`) }));
  const account = doctor
    ? []
    : [
        { name: "username", label: t("login.username"), hint: t("doctor.account_hint"), attributes: { autocomplete: "off" } },
        { name: "password", label: t("login.password"), type: "password", hint: t("login.password_hint"), attributes: { autocomplete: "new-password" } },
      ];
  const hours = hoursControl(doctor?.hours);
  const before = doctor && { ...doctor, rooms: doctor.rooms.join(", "), hours: hours.read() };
  const form = buildForm({
    fields: [
      { name: "name", label: t("doctor.name"), required: true, value: doctor?.name },
      { name: "specialty", label: t("doctor.specialty"), required: true, value: doctor?.specialty },
      { name: "kind", label: t("doctor.kind"), type: "select", required: true, options: kinds, value: doctor?.kind },
      { name: "rooms", label: t("doctor.rooms"), required: true, hint: t("doctor.rooms_hint"), value: before?.rooms },
      { name: "letter", label: t("doctor.letter"), hint: t("doctor.letter_hint"), value: doctor?.letter, attributes: { maxlength: 2 } },
      { name: "slot_minutes", label: t("doctor.slot_minutes"), type: "number", required: true, value: doctor?.slot_minutes ?? 15, attributes: { min: 5, max: 240 } },
      { name: "hours", label: t("doctor.hours"), hint: t(doctor ? "doctor.hours_hint" : "doctor.hours_hint_new"), plainLabel: true, control: hours },
      ...(doctor ? [{ name: "days_off", label: t("doctor.days_off"), hint: t("doctor.days_off_hint"), plainLabel: true, control: closuresControl(doctor.days_off) }] : []),
      ...account,
    ],
    submit: t("action.save"),
    onSubmit: async (values, key) => {
      if (doctor) await api.patch(`/api/doctors/${doctor.id}/`, changesOf(before, values));
      else await api.post("/api/doctors/", bodyOf(values), key);
      dialog.close();
      toast(t("done.saved", { name: values.name }));
      if (doctor) await tellOfBooked(values.days_off, { doctor_id: doctor.id });
      reload();
    },
  });
  const dialog = openDialog(doctor ? doctor.name : t("doctors.add"), form);
}

/** The API wants one `room`, and `rooms` for a team only. */
function bodyOf({ rooms, hours, ...rest }) {
  const list = rooms.split(",").map((room) => room.trim()).filter(Boolean);
  return given({ ...rest, room: list[0], rooms: rest.kind === "team" ? list : null, hours });
}

/** Which rooms there are and whether it is a team is one thing. */
function changesOf(before, values) {
  const { kind, rooms, ...rest } = changed(before, values);
  return kind || rooms ? bodyOf({ ...rest, kind: values.kind, rooms: values.rooms }) : given(rest);
}

async function remove(doctor, reload) {
  if (!(await confirmDialog(t("doctors.remove_title", { name: doctor.name }), t("doctors.remove_text"), t("action.remove")))) return;
  await attempt(async () => {
    await api.delete(`/api/doctors/${doctor.id}/`);
    toast(t("done.removed", { name: doctor.name }));
    reload();
  });
}
