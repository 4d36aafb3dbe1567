/** Waiting-room displays: which doctors each one shows. */

import { api } from "../base/api.js";
import { h } from "../base/dom.js";
import { buildForm } from "../base/forms.js";
import { t } from "../base/i18n.js";
import { confirmDialog, openDialog, toast } from "../base/overlays.js";
import { attempt } from "./attempt.js";
import { listView } from "./list.js";

export function displaysView() {
  const names = new Map();
  const known = api.all("/api/doctors/").then((doctors) => doctors.forEach((doctor) => names.set(doctor.id, doctor.name)));
  const cell = (display) => {
    const place = h("span");
    known.then(() => (place.textContent = display.doctor_ids.map((id) => names.get(id) ?? "–").join(", ")), () => null);
    return place;
  };
  return listView({
    path: "/api/displays/",
    empty: t("displays.none"),
    name: (display) => display.name,
    create: { label: t("displays.add"), open: (reload) => attempt(() => edit(null, reload)) },
    columns: [
      { label: t("displays.name"), cell: (display) => display.name },
      { label: t("admin.doctors"), cell },
      { label: t("displays.address"), cell: (display) => h("a", { href: addressOf(display), target: "_blank", rel: "noopener", text: t("displays.open") }) },
    ],
    actions: (display, reload) => [
      { label: t("action.edit"), run: () => attempt(() => edit(display, reload)) },
      { label: t("action.remove"), danger: true, run: () => remove(display, reload) },
    ],
  });
}

const addressOf = (display) => `/kiosk/?${new URLSearchParams(display.doctor_ids.map((id) => ["doctor", id]))}`;

async function edit(display, reload) {
  const doctors = await api.all("/api/doctors/");
  const boxes = doctors.map((doctor) => {
    const input = h("input", { type: "checkbox", value: doctor.id });
    input.checked = display?.doctor_ids.includes(doctor.id) ?? true;
    return { input, element: h("label", { class: "check" }, input, h("span", { text: doctor.name })) };
  });
  const group = h("div", { role: "group" }, ...boxes.map((box) => box.element));
  const read = () => boxes.filter(({ input }) => input.checked).map(({ input }) => input.value);
  const form = buildForm({
    fields: [
      { name: "name", label: t("displays.name"), required: true, value: display?.name, hint: t("displays.name_hint") },
      { name: "doctor_ids", label: t("admin.doctors"), required: true, control: { element: group, focusable: boxes[0]?.input ?? group, group: true, read } },
    ],
    submit: t("action.save"),
    onSubmit: async (values, key) => {
      if (display) await api.patch(`/api/displays/${display.id}/`, values);
      else await api.post("/api/displays/", values, key);
      dialog.close();
      toast(t("done.saved", { name: values.name }));
      reload();
    },
  });
  const dialog = openDialog(display ? display.name : t("displays.add"), form);
}

async function remove(display, reload) {
  if (!(await confirmDialog(t("displays.remove_title", { name: display.name }), t("displays.remove_text"), t("action.remove")))) return;
  await attempt(async () => {
    await api.delete(`/api/displays/${display.id}/`);
    toast(t("done.removed", { name: display.name }));
    reload();
  });
}
