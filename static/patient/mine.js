/** My visits: the places I hold in queues now, my appointments, and confirming my phone number. */

import { api } from "../base/api.js";
import { serverNow } from "../base/clock.js";
import { h } from "../base/dom.js";
import { moveFocus } from "../base/focus.js";
import { buildForm } from "../base/forms.js";
import { clockTime, dateAndTime, dayOf, longDate, t } from "../base/i18n.js";
import { appointmentStateName, stateMark } from "../base/labels.js";
import { clinic, fill, notice } from "../base/page.js";
import { confirmDialog, openDialog, toast } from "../base/overlays.js";
import { explain } from "../base/problems.js";
import { session } from "../base/session.js";
import { joinCodeField } from "./join-code.js";
import { openTickets } from "./places.js";
import { slotPicker } from "./slots.js";

export function mineView() {
  const element = h("div", { class: "stack" });
  const load = async () => {
    const [tickets, patient, appointments] = await Promise.all([
      openTickets(),
      api.get(`/api/patients/${session.user.patient_id}/`),
      api.all("/api/appointments/"),
    ]);
    const again = () => fill(element, load, explain);
    return [
      h("h1", { text: t("patient.mine") }),
      section("mine.places", tickets.map(place), t("mine.no_place")),
      section("mine.appointments", coming(appointments).map((each) => appointment(each, again)), t("mine.no_appointment")),
      // Where no text leaves the server, no code can arrive.
      patient.phone && !patient.number_confirmed && clinic.sms !== "simulated" ? confirmNumber(patient, again) : null,
      h("div", { class: "buttons" }, h("a", { class: "button button-primary", href: "#/", text: t("doctors.choose") }), exportButton(patient)),
    ].filter(Boolean);
  };
  fill(element, load, explain);
  return { element, title: t("patient.mine") };
}

/** What is still ahead, soonest first. */
function coming(appointments) {
  const ahead = appointments.filter((each) => each.state !== "cancelled" && Date.parse(each.end) > serverNow());
  return ahead.sort((one, other) => one.start.localeCompare(other.start));
}

const section = (key, items, none) =>
  h("section", { class: "stack tight" }, h("h2", { text: t(key) }), items.length ? h("ul", { class: "stack tight" }, ...items) : h("p", { class: "soft", text: none }));

const place = (ticket) =>
  h(
    "li",
    {},
    h(
      "a",
      { class: "doctor card", href: `/t/${ticket.id}` },
      h("span", { class: "code", text: ticket.code }),
      h("span", { text: ticket.doctor }),
      stateMark(ticket.state),
    ),
  );

function appointment(each, again) {
  const row = h("li", { class: "card spread" }, h("div", {}, h("strong", { text: dateAndTime(each.start) }), h("p", { class: "soft", text: each.doctor })));
  const problem = h("div", { role: "alert" });
  const run = (work) => async () => {
    try {
      await work();
    } catch (refusal) {
      problem.replaceChildren(notice("attention", explain(refusal)));
    }
  };
  const arrive = async (body, key) => {
    const answer = await api.post(`/api/appointments/${each.id}/check-in/`, body, key);
    location.href = `/t/${answer.ticket.id}`;
  };
  const checkIn = clinic.self_join === "on_site" ? () => askJoinCode(arrive) : run(() => arrive({}));
  const cancel = run(async () => {
    const words = t("mine.cancel_ask", { doctor: each.doctor, time: dateAndTime(each.start) });
    if (!(await confirmDialog(t("mine.cancel"), words, t("mine.cancel")))) return;
    await api.post(`/api/appointments/${each.id}/cancel/`);
    toast(t("mine.cancelled", { time: clockTime(each.start) }));
    again();
  });
  const buttons = h("div", { class: "buttons" });
  if (each.state === "booked") {
    const today = dayOf(Date.parse(each.start)) === dayOf(serverNow());
    if (today && clinic.self_join === "off") row.append(h("p", { class: "soft", text: t("join.at_desk") }));
    else if (today) buttons.append(h("button", { class: "button button-primary", type: "button", text: t("mine.check_in"), on: { click: checkIn } }));
    buttons.append(h("button", { class: "button", type: "button", text: t("appointments.move"), on: { click: () => move(each, again) } }));
    buttons.append(h("button", { class: "button", type: "button", text: t("mine.cancel"), on: { click: cancel } }));
  } else buttons.append(h("span", { class: "soft", text: appointmentStateName(each) }));
  row.append(buttons, problem);
  return row;
}

/** Another of the doctor's free times, looked at once more before it is taken; the old one stays until then. */
function move(each, again) {
  const place = h("div", { class: "stack" });
  const { close } = openDialog(t("appointments.move"), h("p", { class: "dialog-words soft", text: t("mine.move_from", { doctor: each.doctor, time: dateAndTime(each.start) }) }), place);
  const ask = (slot) => {
    const other = h("button", { class: "button", type: "button", text: t("mine.move_other"), on: { click: choose } });
    const form = buildForm({
      fields: [],
      submit: t("mine.move_to"),
      extra: [other],
      onSubmit: async (_, key) => {
        await api.post(`/api/appointments/${each.id}/reschedule/`, { start: slot.start, from: { start: each.start, doctor_id: each.doctor_id } }, key);
        close();
        toast(t("mine.moved", { time: dateAndTime(slot.start) }));
        again();
      },
    });
    const words = t("book.ask", { doctor: each.doctor, day: longDate(slot.start), time: clockTime(slot.start) });
    place.replaceChildren(h("p", {}, h("strong", { text: words })), form);
    moveFocus(form.querySelector("button"));
  };
  const choose = () => place.replaceChildren(...slotPicker(each.doctor_id, ask));
  choose();
  place.querySelector("select").focus();
}

/** Where joining is on site only, the code on the screen shows that somebody is there. */
function askJoinCode(arrive) {
  openDialog(t("mine.check_in"), buildForm({ fields: [joinCodeField()], submit: t("mine.check_in"), onSubmit: arrive }));
}

/** What the clinic keeps about the patient, as a file. */
function exportButton({ id }) {
  const button = h("button", { class: "button button-plain", type: "button", text: t("mine.export") });
  button.addEventListener("click", async () => {
    button.setAttribute("aria-busy", "true");
    try {
      await api.download(`/api/patients/${id}/export/`, {}, "my-data.json");
    } catch (problem) {
      toast(explain(problem), { kind: "stopped" });
    } finally {
      button.removeAttribute("aria-busy");
    }
  });
  return button;
}

function confirmNumber(patient, again) {
  const said = h("p", { role: "status", hidden: true });
  const sendAgain = async () => {
    form.reset();
    const words = await api.post(`/api/patients/${patient.id}/confirm/`).then(() => t("mine.code_sent"), explain);
    said.hidden = false;
    said.textContent = words;
  };
  const another = h("button", { class: "button", type: "button", text: t("mine.send_code"), on: { click: sendAgain } });
  const form = buildForm({
    fields: [{ name: "code", label: t("mine.code"), required: true, attributes: { inputmode: "numeric", autocomplete: "one-time-code" } }],
    submit: t("mine.confirm"),
    extra: [another],
    onSubmit: async (values, key) => {
      said.hidden = true;
      await api.post(`/api/patients/${patient.id}/confirm/`, values, key);
      again();
    },
  });
  return h("section", { class: "card stack" }, h("h2", { text: t("mine.confirm_title") }), h("p", { text: t("mine.confirm_why", { phone: patient.phone }) }), form, said);
}
