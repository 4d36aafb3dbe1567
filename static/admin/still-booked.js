/** Who is booked on days that have just become days without appointments: they stay booked until somebody acts. */

import { api } from "../base/api.js";
import { addDays } from "../base/days.js";
import { h } from "../base/dom.js";
import { dateAndTime, dayOf, t } from "../base/i18n.js";
import { serverNow } from "../base/clock.js";
import { openDialog } from "../base/overlays.js";

/** Nobody is booked further ahead. */
const AHEAD = 90;

/** @param {{first: string, last: string}[]} closures @param {object} whose narrows the appointments: `{doctor_id}` or all */
export async function tellOfBooked(closures, whose) {
  const today = dayOf(serverNow());
  const days = Array.from({ length: AHEAD + 1 }, (_, ahead) => addDays(today, ahead)).filter((day) =>
    closures.some(({ first, last }) => first <= day && day <= last),
  );
  const found = [];
  for (const date of days) found.push(...(await api.all("/api/appointments/", { ...whose, date, state: "booked" })));
  if (!found.length) return;
  const rows = found.map((each) => h("li", {}, dateAndTime(each.start), " · ", h("bdi", { text: each.patient?.name ?? "" }), " · ", each.doctor));
  const link = h("a", { class: "button button-primary", href: "#/appointments", text: t("closures.to_appointments") });
  const body = h("div", { class: "stack" }, h("p", { text: t("closures.still_booked_text") }), h("ul", {}, ...rows), h("div", { class: "buttons" }, link));
  const dialog = openDialog(t("closures.still_booked", { count: found.length }), body);
  link.addEventListener("click", dialog.close);
}
