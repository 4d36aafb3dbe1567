/** The row of last calls. The server lists those of two minutes; this remembers a few more, over a reload too. */

import { h, reconcile, setText } from "/static/base/dom.js";
import { clockTime } from "/static/base/i18n.js";
import { roomName } from "/static/base/labels.js";
import { keep, kept } from "./store.js";
import { setWords } from "./words.js";

const KEPT = 8;
const CALLS = "kiosk.calls";

export class LastCalls {
  #row;
  #list;
  #calls = kept(CALLS, "session") ?? [];

  /** @param {HTMLElement} row hidden while there is nothing to tell @param {HTMLElement} list */
  constructor(row, list) {
    this.#row = row;
    this.#list = list;
  }

  /** Take in the calls of all queues; whoever stands under "now" is not repeated here. */
  take(views) {
    const listed = views.flatMap((view) => view.calls);
    const undone = new Set(listed.filter((call) => call.undone).map((call) => call.id));
    const byCode = new Map(this.#calls.map((call) => [call.code, call]));
    for (const { id, code, room, at } of listed) {
      if (!undone.has(id) && !(Date.parse(byCode.get(code)?.at) > Date.parse(at))) byCode.set(code, { id, code, room, at });
    }
    const today = views[0]?.day;
    this.#calls = [...byCode.values()]
      .filter((call) => !undone.has(call.id))
      .map((call) => ({ ...call, day: call.day ?? today }))
      .filter((call) => call.day === today)
      .sort((one, other) => Date.parse(other.at) - Date.parse(one.at))
      .slice(0, KEPT);
    keep(CALLS, this.#calls, "session");
    this.#show(new Set(views.flatMap((view) => [...view.called, ...view.current]).map((ticket) => ticket.code)));
  }

  #show(now) {
    const calls = this.#calls.filter((call) => !now.has(call.code));
    this.#row.hidden = !calls.length;
    reconcile(
      this.#list,
      calls,
      (call) => call.id,
      () => h("li", { class: "nowrap" }, h("span", { class: "code" }), h("span", { class: "where" }, h("span")), h("span", { class: "where" }, h("span"))),
      (item, call) => {
        const [code, room, time] = item.children;
        setText(code, call.code);
        setWords(room.firstChild, () => roomName(call.room));
        setText(time.firstChild, clockTime(call.at));
        room.hidden = !call.room;
      },
    );
  }
}
