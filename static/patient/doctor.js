/** One doctor: join the queue now, or book a time on one of the coming days. */

import { api } from "../base/api.js";
import { h } from "../base/dom.js";
import { moveFocus } from "../base/focus.js";
import { buildForm, given } from "../base/forms.js";
import { clockTime, dateAndTime, longDate, t } from "../base/i18n.js";
import { roomName } from "../base/labels.js";
import { clinic, fill, notice } from "../base/page.js";
import { openDialog } from "../base/overlays.js";
import { explain } from "../base/problems.js";
import { session } from "../base/session.js";
import { joinCodeField } from "./join-code.js";
import { waitingLine } from "./doctors.js";
import { openTickets } from "./places.js";
import { slotPicker } from "./slots.js";

/** @param {string} id @param {() => void} askToSignIn */
export function doctorView(id, askToSignIn) {
  const element = h("div", { class: "stack" });
  const load = async () => {
    const [doctor, places] = await Promise.all([api.get(`/api/doctors/${encodeURIComponent(id)}/`), myPlaces()]);
    document.title = `${doctor.name} · ${clinic.name}`;
    return [
      h("p", {}, h("a", { href: "#/", text: t("doctors.all") })),
      h("h1", { text: doctor.name }),
      h("p", { class: "soft", text: [doctor.specialty, roomName(doctor.room)].filter(Boolean).join(" · ") }),
      joinCard(doctor, places, askToSignIn),
      bookCard(doctor, askToSignIn),
    ];
  };
  fill(element, load, explain);
  return { element, title: t("doctors.choose") };
}

/** The places a patient holds now; whoever cannot be asked about is told by the server when joining. */
const myPlaces = async () => (session.user?.role === "patient" ? openTickets().catch(() => []) : []);

/** Somebody who has a place in this queue is led to it; a place in another one is told of beside the form. */
function joinCard(doctor, places, askToSignIn) {
  const here = places.find((ticket) => ticket.doctor_id === doctor.id);
  if (here) {
    const link = h("a", { class: "button button-primary", href: `/t/${here.id}`, text: t("join.to_my_place") });
    return h("section", { class: "card stack" }, h("h2", { text: t("join.you_are", { code: here.code }) }), h("p", { text: t("join.already_here", { doctor: doctor.name }) }), h("p", {}, link));
  }
  const card = h("section", { class: "card stack" }, h("h2", { text: t("join.now_title") }), waitingLine(doctor));
  const say = (text) => card.append(h("p", { text }));
  for (const other of places) card.append(h("p", {}, h("a", { href: `/t/${other.id}`, text: t("join.also_elsewhere", { code: other.code, doctor: other.doctor }) })));
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
  const choose = (slot) => (session.user ? confirmSlot(doctor, slot) : askToSignIn());
  return h("section", { class: "card stack" }, h("h2", { text: t("book.title") }), ...slotPicker(doctor.id, choose));
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
      dialog.close();
      booked(doctor, slot);
    },
  });
  const words = t("book.ask", { doctor: doctor.name, day: longDate(slot.start), time: clockTime(slot.start) });
  const dialog = openDialog(t("book.title"), h("p", { class: "dialog-words", text: words }), form);
  moveFocus(document.activeElement);
}

/** What was booked, and the ways on from here. */
function booked(doctor, slot) {
  const mine = h("a", { class: "button button-primary", href: "#/me", text: t("patient.mine"), on: { click: () => dialog.close() } });
  const dialog = openDialog(t("book.done_title"), notice("done", t("book.done", { doctor: doctor.name, time: dateAndTime(slot.start) })), h("p", { class: "dialog-foot" }, mine));
  mine.focus();
}
