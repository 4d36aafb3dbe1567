/** Asking why and for how long a queue pauses. */

import { h } from "../base/dom.js";
import { buildForm, given } from "../base/forms.js";
import { t } from "../base/i18n.js";
import { openDialog } from "../base/overlays.js";

const REASONS = ["emergency", "break", "meeting", "technical"];

export function askPause(doctor, commands) {
  const lengths = [10, 15, 20, 30, 45, 60, 90].map((minutes) => ({ value: String(minutes), label: t("pause.minutes", { minutes }) }));
  const form = buildForm({
    fields: [
      { name: "minutes", label: t("pause.length"), type: "select", plainLabel: true, value: "15", options: [...lengths, { value: "", label: t("pause.open_end") }] },
      { name: "reason", label: t("pause.reason"), hint: t("pause.reason_hint"), attributes: { list: "pause-reasons" } },
      { name: "note", label: t("pause.note"), hint: t("pause.note_hint") },
    ],
    submit: t("pause.submit"),
    onSubmit: ({ minutes, reason, note }, key) =>
      commands.queue(doctor.id, "pause", given({ minutes: minutes ? Number(minutes) : null, reason, note }), { dialog, key }),
  });
  // Said on the waiting-room screen, so the usual ones are at hand in words that may stand there.
  form.append(h("datalist", { id: "pause-reasons" }, ...REASONS.map((reason) => h("option", { value: t(`pause.reason.${reason}`) }))));
  const dialog = openDialog(t("dialog.pause", { doctor: doctor.name }), form);
}
