/**
 * Carrying out what reception asks: send it once, say what happened with a way back, or put the refusal where the
 * action was. A command is over when the live view shows it, so a second press can never act on an old picture.
 */

import { api } from "../base/api.js";
import { t } from "../base/i18n.js";
import { toast } from "../base/overlays.js";
import { explain } from "../base/problems.js";
import { printTicket } from "./printing.js";
import { calledNext, ticketDone } from "./sentences.js";

/** The server keeps a step undoable for two minutes; the button stays a little less. */
const UNDO_SHOWN = 20_000;

export class Commands {
  #queues;
  #printing;
  #refuse;
  #keepFocus;
  #own;
  /** The last thing done here, for the key U; it has a way `back` if it can be taken back. */
  #last = null;
  /** The newest step of each queue, with the toast that tells of it. */
  #steps = new Map();
  #sent = Promise.resolve();
  /** The queues whose refusal only says that the server was not reached. */
  #unreached = new Set();

  /**
   * @param queues {@link Queues} @param printing {@link Printing}
   * @param {(doctorId: string, text: string|null, ticketId?: string) => void} refuse shows or clears a refusal
   * @param {(ticket: object) => () => void} keepFocus what `Column.keepFocus` says for the ticket's column
   * @param {(doctorId: string) => () => void} own what `Column.own` does
   */
  constructor(queues, printing, refuse, keepFocus, own) {
    this.#queues = queues;
    this.#printing = printing;
    this.#refuse = refuse;
    this.#keepFocus = keepFocus;
    this.#own = own;
    queues.addEventListener("status", () => queues.status === "live" && this.#reachedAgain());
  }

  /** Finish who is in the room (as done, or as a no-show) and call the next one. */
  async callNext(doctorId, { room, current }) {
    const body = { doctor_id: doctorId, current: current?.id ?? null };
    if (room) body.room = room;
    const paused = this.#paused(doctorId);
    await this.run(doctorId, "/api/notify-next/", body, ({ called }) => calledNext(called, paused));
  }

  /** A command on one ticket. `verb` is the path's last part; `asked` as for `run`. */
  async ticket(ticket, verb, body = {}, asked = null) {
    const before = { doctor: this.#queues.everyone.get(body.doctor_id)?.name ?? "", paused: this.#paused(ticket.doctor_id) };
    const sentence = (answer) => ticketDone(verb, answer, before);
    const kind = verb === "transfer" ? "final" : "step";
    const goOn = this.#keepFocus(ticket);
    await this.run(ticket.doctor_id, `/api/tickets/${ticket.id}/${verb}/`, body, sentence, { kind, asked, about: ticket.id });
    goOn();
  }

  /** A command on the queue: pause, open, close; `asked` as for `run`. */
  async queue(doctorId, verb, body = {}, asked = null) {
    const doctor = this.#queues.doctors.get(doctorId)?.name ?? "";
    const kind = verb === "pause" ? "step" : "final";
    await this.run(doctorId, `/api/queue/${doctorId}/${verb}/`, body, () => t(`done.queue_${verb}`, { doctor }), { kind, asked });
  }

  /**
   * Say that somebody joined: it too comes between the key U and older steps.
   * @param {object} ticket the one it made, which may be wanted on paper
   */
  joined(text, ticket) {
    toast(text, { action: { label: t("paper.print"), run: () => printTicket(ticket) }, stays: UNDO_SHOWN });
    this.#last = { text };
    this.#printing.made(ticket);
  }

  /** Check somebody in; the keys of undo and of printing wait for it. */
  checkIn(appointmentId) {
    const sending = api.post(`/api/appointments/${appointmentId}/check-in/`);
    this.#sent = sending.then(() => null, () => null);
    this.#printing.expect(sending.then(({ ticket }) => ticket));
    return sending;
  }

  /** Say that somebody who was booked is checked in, which can be taken back. */
  checkedIn(text, ticket, appointmentId) {
    // A doctor may check in for a colleague, whose queue they do not command.
    const own = this.#queues.doctors.has(ticket.doctor_id);
    this.#offer({ doctorId: ticket.doctor_id, text, ticket, back: own ? { path: `/api/appointments/${appointmentId}/undo-check-in/`, body: {} } : null });
    this.#printing.made(ticket);
  }

  /** Take back the last thing done, and nothing older; one whose answer is still under way counts. */
  async undo() {
    await this.#sent;
    if (this.#last?.back) await this.#takeBack(this.#last);
    else toast(this.#last ? t("undo.cannot_what", { what: this.#last.text }) : t("undo.cannot"));
  }

  async #takeBack(step) {
    step.close();
    if (this.#last === step) this.#last = null;
    const words = ({ sms, texted }) => (texted ? "undo.done_texted" : sms === "already_sent" ? "undo.done_sms_left" : "undo.done");
    const sentence = (answer) => t(words(answer), { what: step.text });
    if (step.ticket) this.#printing.unmade(step.ticket);
    const problem = await this.run(step.doctorId, step.back.path, step.back.body, sentence, { kind: "undo" });
    if (problem?.code === "offline") this.#offer(step);
  }

  /**
   * Send, wait until the picture shows it, say so. Refusals stay beside the queue they concern, or are thrown to the
   * form that asked, which keeps what was typed.
   * @param {object} [options] @param {"step"|"final"|"undo"} options.kind a step can be taken back, what is final cannot
   * @param {{dialog: object, key: string}|null} options.asked the dialog that asked, and its form's key
   * @param {string} [options.about] the ticket that a refusal is about, if not the whole queue
   * @returns why it was not done, or null
   */
  async run(doctorId, path, body, sentence, { kind = "step", asked = null, about } = {}) {
    this.#say(doctorId, null);
    const sending = api.post(path, body, asked?.key);
    this.#sent = sending.then(() => null, () => null);
    const ended = this.#own(doctorId);
    try {
      const answer = await sending;
      asked?.dialog.close();
      this.#said(doctorId, sentence(answer), kind, answer.seq);
      await this.#queues.reached(doctorId, answer.seq);
      return null;
    } catch (problem) {
      if (asked?.dialog.element.open) throw problem;
      this.#say(doctorId, explain(problem), about);
      if (problem.code === "offline") this.#unreached.add(doctorId);
      return problem;
    } finally {
      ended();
    }
  }

  #paused(doctorId) {
    return this.#queues.views.get(doctorId)?.status === "paused";
  }

  #say(doctorId, text, about) {
    this.#unreached.delete(doctorId);
    this.#refuse(doctorId, text, about);
  }

  /** The line is back: what could not be reached then is no news any more. */
  #reachedAgain() {
    for (const doctorId of this.#unreached) this.#say(doctorId, null);
  }

  #said(doctorId, text, kind, seq) {
    // Only the newest step of a queue can be undone: the offer for the one before goes.
    this.#steps.get(doctorId)?.close();
    const step = { doctorId, text, back: kind === "step" ? { path: `/api/queue/${doctorId}/undo/`, body: { seq } } : null };
    this.#steps.set(doctorId, step);
    this.#offer(step);
    if (kind === "undo") this.#last = null;
  }

  /** Say what was done, with the way back if there is one. */
  #offer(step) {
    this.#last = step;
    const back = { action: { label: t("action.undo"), run: () => this.#takeBack(step) }, stays: UNDO_SHOWN };
    step.close = toast(step.text, step.back ? back : {});
  }
}
