/**
 * Carrying out what reception asks: send it once, say what happened with a way back, or put the refusal where the
 * action was. A command is over when the live view shows it, so a second press can never act on an old picture.
 */

import { api } from "../base/api.js";
import { t } from "../base/i18n.js";
import { toast } from "../base/overlays.js";
import { explain } from "../base/problems.js";
import { roomName } from "../base/labels.js";

/** The server keeps a step undoable for two minutes; the button stays a little less. */
const UNDO_SHOWN = 20_000;

export class Commands {
  #queues;
  #refuse;
  /** The newest step that can still be taken back, for the key U. */
  #undo = null;
  #sent = Promise.resolve();

  /** @param queues {@link Queues} @param {(doctorId: string, text: string|null) => void} refuse shows or clears a refusal */
  constructor(queues, refuse) {
    this.#queues = queues;
    this.#refuse = refuse;
  }

  /** Finish who is in the room (as done, or as a no-show) and call the next one. */
  async callNext(doctorId, { room, current, outcome }) {
    const body = { doctor_id: doctorId, current: current?.id ?? null };
    if (room) body.room = room;
    if (outcome) body.outcome = outcome;
    await this.run(doctorId, "/api/notify-next/", body, ({ called }) =>
      called ? t("done.called", { code: called.code, room: roomName(called.room) }) : t("done.nobody_waiting"),
    );
  }

  /** A command on one ticket. `verb` is the path's last part, the sentence's key is `done.<verb>`. */
  async ticket(ticket, verb, body = {}) {
    const said = { code: ticket.code, room: roomName(ticket.room), doctor: this.#queues.everyone.get(body.doctor_id)?.name ?? "" };
    await this.run(ticket.doctor_id, `/api/tickets/${ticket.id}/${verb}/`, body, (answer) =>
      t(`done.${verb}`, { ...said, room: roomName(answer.room ?? ticket.room) }),
    );
  }

  /** A command on the queue: pause, open, close. */
  async queue(doctorId, verb, body = {}) {
    const doctor = this.#queues.doctors.get(doctorId)?.name ?? "";
    const undoable = verb === "pause";
    await this.run(doctorId, `/api/queue/${doctorId}/${verb}/`, body, () => t(`done.queue_${verb}`, { doctor }), undoable);
  }

  /** Take back the newest step, wherever it was; one whose answer is still under way counts. */
  async undo() {
    await this.#sent;
    const last = this.#undo;
    if (!last) return;
    this.#undo = null;
    last.close();
    await this.run(last.doctorId, `/api/queue/${last.doctorId}/undo/`, { seq: last.seq }, (answer) =>
      answer.sms === "already_sent" ? t("done.undo_sms_sent") : t("done.undo"), false);
  }

  /** Send, wait until the picture shows it, say so. Refusals stay beside the queue they concern. */
  async run(doctorId, path, body, sentence, undoable = true) {
    this.#refuse(doctorId, null);
    const sending = api.post(path, body);
    this.#sent = sending.then(() => null, () => null);
    try {
      const answer = await sending;
      this.#said(doctorId, sentence(answer), undoable && answer.seq);
      await this.#queues.reached(doctorId, answer.seq);
    } catch (problem) {
      this.#refuse(doctorId, explain(problem));
    }
  }

  #said(doctorId, text, seq) {
    if (!seq) {
      toast(text);
      return;
    }
    // Only the newest step of a queue can be undone: the offer for the one before goes.
    if (this.#undo?.doctorId === doctorId) this.#undo.close();
    const step = { doctorId, seq, close: () => {} };
    this.#undo = step;
    const run = () => {
      this.#undo = step;
      this.undo();
    };
    step.close = toast(text, { action: { label: t("action.undo"), run }, stays: UNDO_SHOWN });
  }
}
