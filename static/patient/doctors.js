/** The list of doctors with what waiting there means now. */

import { api } from "../base/api.js";
import { serverNow } from "../base/clock.js";
import { h } from "../base/dom.js";
import { aboutRange, t } from "../base/i18n.js";
import { icon } from "../base/icons.js";
import { mark, queueStatusName, roomName } from "../base/labels.js";
import { fill } from "../base/page.js";
import { explain } from "../base/problems.js";

const RELOAD = 30_000;

export function doctorsView() {
  const list = h("ul", { class: "doctors" });
  const load = async () => {
    const doctors = await api.all("/api/doctors/");
    return doctors.length ? doctors.map(doctorCard) : h("li", { class: "empty card", text: t("doctors.none") });
  };
  fill(list, load, explain);
  const timer = setInterval(() => document.visibilityState === "visible" && refresh(list, load), RELOAD);
  const element = h("div", { class: "stack" }, h("h1", { text: t("doctors.choose") }), h("p", { class: "soft", text: t("doctors.how") }), list);
  return { element, title: t("doctors.choose"), leave: () => clearInterval(timer) };
}

/** Renew in the background: failure keeps what is shown, and nobody loses the focus. */
async function refresh(list, load) {
  if (list.contains(document.activeElement)) return;
  const cards = await load().catch(() => null);
  if (cards) list.replaceChildren(...[cards].flat());
}

function doctorCard(doctor) {
  return h(
    "li",
    {},
    h(
      "a",
      { class: "doctor card", href: `#/doctor/${encodeURIComponent(doctor.id)}` },
      h("span", { class: "doctor-name", text: doctor.name }),
      h("span", { class: "soft", text: [doctor.specialty, roomName(doctor.room)].filter(Boolean).join(" · ") }),
      waitingLine(doctor),
      icon("arrow"),
    ),
  );
}

/** "4 waiting · about 20–35 min", or why nobody is called. */
export function waitingLine(doctor) {
  const parts = [t("doctors.waiting", { count: doctor.waiting ?? 0 })];
  const about = aboutRange(doctor.estimate, serverNow());
  if (about && doctor.waiting) parts.push(about);
  const line = h("span", { class: "doctor-queue" }, h("span", { text: parts.join(" · ") }));
  if (doctor.status !== "open") line.prepend(mark(doctor.status === "closed" ? "state-stopped" : "state-attention", "clock", queueStatusName(doctor.status)));
  return line;
}
