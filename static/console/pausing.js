/** Asking why and for how long a queue pauses. */

import { buildForm, given } from "../base/forms.js";
import { t } from "../base/i18n.js";
import { openDialog } from "../base/overlays.js";

export function askPause(doctor, commands) {
  const lengths = [10, 15, 20, 30, 45, 60, 90].map((minutes) => ({ value: String(minutes), label: t("pause.minutes", { minutes }) }));
  const form = buildForm({
    fields: [
      { name: "minutes", label: t("pause.length"), type: "select", plainLabel: true, value: "15", options: [...lengths, { value: "", label: t("pause.open_end") }] },
      { name: "reason", label: t("dialog.reason"), hint: t("pause.reason_hint") },
    ],
    submit: t("pause.submit"),
    onSubmit: async ({ minutes, reason }) => {
      dialog.close();
      await commands.queue(doctor.id, "pause", given({ minutes: minutes ? Number(minutes) : null, reason }));
    },
  });
  const dialog = openDialog(t("dialog.pause", { doctor: doctor.name }), form);
}
