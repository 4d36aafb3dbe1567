/** One doctor: join the queue now, or book a time on one of the coming days. */

import { api } from "../base/api.js";
import { serverNow } from "../base/clock.js";
import { h } from "../base/dom.js";
import { buildForm, given } from "../base/forms.js";
import { clockTime, dateAndTime, dayOf, longDate, shortDate, t } from "../base/i18n.js";
import { roomName } from "../base/labels.js";
import { clinic, fill, notice } from "../base/page.js";
import { openDialog } from "../base/overlays.js";
import { explain } from "../base/problems.js";
import { session } from "../base/session.js";
import { joinCodeField } from "./join-code.js";
import { waitingLine } from "./doctors.js";

const DAYS = 14;
const DAY = 86_400_000;

/** @param {string} id @param {() => void} askToSignIn */
export function doctorView(id, askToSignIn) {
  const element = h("div", { class: "stack" });
  const load = async () => {
    const doctor = await api.get(`/api/doctors/${encodeURIComponent(id)}/`);
    document.title = `${doctor.name} · ${clinic.name}`;
    return [
      h("p", {}, h("a", { href: "#/", text: t("doctors.all") })),
      h("h1", { text: doctor.name }),
      h("p", { class: "soft", text: [doctor.specialty, roomName(doctor.room)].filter(Boolean).join(" · ") }),
      joinCard(doctor, askToSignIn),
      bookCard(doctor, askToSignIn),
    ];
  };
  fill(element, load, explain);
  return { element, title: t("doctors.choose") };
}

function joinCard(doctor, askToSignIn) {
  const card = h("section", { class: "card stack" }, h("h2", { text: t("join.now_title") }), waitingLine(doctor));
  const say = (text) => card.append(h("p", { text }));
  if (doctor.status === "closed") say(t("join.closed"));
  else if (clinic.self_join === "off") say(t("join.at_desk"));
  else if (!session.user) card.append(h("button", { class: "button button-primary", type: "button", text: t("join.sign_in_first"), on: { click: askToSignIn } }));
  else if (session.user.role !== "patient") say(t("join.staff"));
  else card.append(joinForm(doctor));
  return card;
}

function joinForm(doctor) {
  const reason = { name: "reason", label: t("join.reason"), hint: t("join.reason_hint_patient") };
  return buildForm({
    fields: clinic.self_join === "on_site" ? [joinCodeField(), reason] : [reason],
    submit: t("join.now"),
    onSubmit: async (values, key) => {
      const ticket = await api.post("/api/enqueue/", { doctor_id: doctor.id, ...given(values) }, key);
      location.href = `/t/${ticket.id}`;
    },
  });
}

function bookCard(doctor, askToSignIn) {
  const days = Array.from({ length: DAYS }, (_, index) => serverNow() + index * DAY);
  const slots = h("div", { class: "slots", role: "status" });
  const showDay = (day) => fill(slots, async () => slotList(doctor, await freeSlots(doctor, day), askToSignIn), explain);
  const options = days.map((at) => h("option", { value: dayOf(at), text: shortDate(new Date(at).toISOString()) }));
  const select = h("select", { id: "day", class: "short" }, ...options);
  select.addEventListener("change", () => showDay(select.value));
  firstFreeDay(doctor, days.map(dayOf)).then((day) => {
    select.value = day;
    showDay(day);
  });
  const field = h("div", { class: "field" }, h("label", { for: "day", text: t("book.day") }), select);
  return h("section", { class: "card stack" }, h("h2", { text: t("book.title") }), field, slots);
}

const freeSlots = async (doctor, date) => (await api.get(`/api/doctors/${encodeURIComponent(doctor.id)}/slots/`, { date })).items;

/** The first of `days` with a free time; the first day when there is none or the server cannot be asked. */
async function firstFreeDay(doctor, days) {
  for (const day of days) {
    const free = await freeSlots(doctor, day).catch(() => null);
    if (!free) break;
    if (free.length) return day;
  }
  return days[0];
}

function slotList(doctor, free, askToSignIn) {
  if (!free.length) return h("p", { class: "empty", text: t("book.none") });
  const choose = (slot) => (session.user ? confirmSlot(doctor, slot) : askToSignIn());
  return h(
    "ul",
    { class: "slot-list", "aria-label": t("book.times") },
    ...free.map((slot) => {
      const button = h("button", { class: "button", type: "button", text: clockTime(slot.start), on: { click: () => choose(slot) } });
      return h("li", {}, button);
    }),
  );
}

function confirmSlot(doctor, slot) {
  if (!session.user.patient_id) {
    openDialog(t("book.title"), h("p", { text: t("join.staff") }));
    return;
  }
  const form = buildForm({
    fields: [],
    submit: t("book.confirm"),
    onSubmit: async (_, key) => {
      await api.post("/api/appointments/", { patient_id: session.user.patient_id, doctor_id: doctor.id, start: slot.start }, key);
      dialog.element.querySelector(".form").replaceWith(
        notice("done", t("book.done", { doctor: doctor.name, time: dateAndTime(slot.start) }), h("p", {}, h("a", { href: "#/me", text: t("patient.mine"), on: { click: () => dialog.close() } }))),
      );
    },
  });
  const words = t("book.ask", { doctor: doctor.name, day: longDate(slot.start), time: clockTime(slot.start) });
  const dialog = openDialog(t("book.title"), h("p", { class: "dialog-words", text: words }), form);
}
