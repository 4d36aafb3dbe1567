/**
 * What a paired display shows: one live board with the queues, the clinic and the display's own settings; before it
 * is paired, its code. The last board is kept in this browser, so that a screen that starts without network has it.
 */

import { mark } from "/static/base/clock.js";
import { Live } from "/static/base/live.js";
import { ageOf } from "./age.js";
import { recall, remember } from "./memory.js";

export class DisplayFeed {
  #live;
  #board = null;
  #seq = 0;
  #started = mark();
  #recalled = null;
  #place;

  /**
   * @param {{id: string, token: string}} identity @param {() => void} changed
   * @param {() => void} refused the server does not know this screen (any more)
   */
  constructor(identity, changed, refused) {
    this.#place = `display.${identity.id}`;
    this.#live = new Live(`/ws/display/${encodeURIComponent(identity.id)}/`, {
      hello: async () => [{ type: "authenticate", token: identity.token }],
    });
    this.#live.addEventListener("snapshot", ({ detail }) => {
      this.#board = detail.data;
      this.#seq = detail.seq;
      this.#recalled = null;
      if (detail.data.display.paired) remember(this.#place, detail.data);
      changed();
    });
    this.#live.addEventListener("status", () => {
      // A token is given up only when it was refused twice: a slow start must not cost a screen its pairing.
      if (this.#live.status === "refused") refused();
      else changed();
    });
    this.#recalled = recall(this.#place);
    if (this.#recalled) this.#board = this.#recalled.data;
  }

  open() {
    this.#live.open();
  }

  close() {
    this.#live.close();
  }

  /** Say something over the display's socket, when it is open. */
  send(message) {
    this.#live.send(message);
  }

  get connected() {
    return this.#live.status === "live";
  }

  get seq() {
    return this.#seq;
  }

  /** The display as the server describes it; null before the first word. */
  get display() {
    return this.#board?.display ?? null;
  }

  get clinic() {
    return this.#board?.clinic ?? null;
  }

  get version() {
    return this.#recalled ? null : (this.#board?.version ?? null);
  }

  get join() {
    return this.#recalled ? null : (this.#board?.join ?? null);
  }

  get initials() {
    return this.#board?.initials ?? {};
  }

  views() {
    return this.#board?.queues ?? [];
  }

  get allUnknown() {
    return false;
  }

  /** Seconds since the server was last heard. */
  get silence() {
    return this.#recalled ? ageOf(this.#started, this.#recalled.at) : (this.#live.silence ?? ageOf(this.#started));
  }
}
