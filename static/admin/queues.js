/** Today's queues at a glance, with the commands that concern a whole queue. */

import { api } from "../base/api.js";
import { serverNow } from "../base/clock.js";
import { buildForm } from "../base/forms.js";
import { aboutRange, number, t } from "../base/i18n.js";
import { queueStatusName, roomName } from "../base/labels.js";
import { confirmDialog, openDialog, toast } from "../base/overlays.js";
import { attempt } from "./attempt.js";
import { listView } from "./list.js";

export const queuesView = () =>
  listView({
    path: "/api/doctors/",
    empty: t("doctors.none_admin"),
    name: (doctor) => doctor.name,
    columns: [
      { label: t("join.doctor"), cell: (doctor) => doctor.name },
      { label: t("doctor.room"), cell: (doctor) => roomName(doctor.room) },
      { label: t("list.state"), cell: (doctor) => queueStatusName(doctor.status) },
      { label: t("queues.waiting"), cell: (doctor) => number(doctor.waiting ?? 0) },
      { label: t("queues.estimate"), cell: (doctor) => (doctor.waiting ? aboutRange(doctor.estimate, serverNow()) : null) },
    ],
    actions: (doctor, reload) => [
      ...(doctor.status === "open" ? [] : [{ label: t("action.queue_open"), run: () => command(doctor, "open", reload) }]),
      ...(doctor.status === "closed" ? [] : [{ label: t("action.queue_close"), run: () => command(doctor, "close", reload) }]),
      { label: t("queues.transfer_all"), run: () => transferAll(doctor, reload) },
      { label: t("queues.cancel_all"), danger: true, run: () => cancelAll(doctor, reload) },
    ],
  });

const command = (doctor, verb, reload) =>
  attempt(async () => {
    await api.post(`/api/queue/${doctor.id}/${verb}/`);
    toast(t(`done.queue_${verb}`, { doctor: doctor.name }));
    reload();
  });

function transferAll(doctor, reload) {
  return attempt(async () => {
    const others = (await api.all("/api/doctors/")).filter((each) => each.id !== doctor.id);
    const form = buildForm({
      fields: [{ name: "doctor_id", label: t("queues.transfer_to"), type: "select", required: true, options: others.map((each) => ({ value: each.id, label: each.name })) }],
      submit: t("queues.transfer_all"),
      onSubmit: async (values, key) => {
        const { count } = await api.post(`/api/queue/${doctor.id}/transfer-all/`, values, key);
        dialog.close();
        toast(t("queues.transferred", { count }));
        reload();
      },
    });
    const dialog = openDialog(t("queues.transfer_all_title", { doctor: doctor.name }), form);
  });
}

async function cancelAll(doctor, reload) {
  if (!(await confirmDialog(t("queues.cancel_all_title", { doctor: doctor.name }), t("queues.cancel_all_text"), t("queues.cancel_all")))) return;
  await attempt(async () => {
    const { count } = await api.post(`/api/queue/${doctor.id}/cancel-all/`);
    toast(t("queues.cancelled", { count }));
    reload();
  });
}
