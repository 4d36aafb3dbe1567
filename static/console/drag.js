/**
 * Dragging a ticket: onto another column it is moved to that doctor (asked first, for it cannot be undone), onto another
 * who waits in its own column it goes before that one or behind. Everything it does stands in the row's menu too.
 */

import { setAttribute } from "../base/dom.js";
import { askTransfer } from "./actions.js";
import { ticketOf } from "./row.js";

/** @param {HTMLElement} board the columns @param context {@link actionsFor}'s, for any column */
export function enableDragging(board, { commands, queues }) {
  let dragged = null;
  let handle = null;
  let over = null;

  const mark = (element, side) => {
    if (over !== element) over?.removeAttribute("data-over");
    over = element;
    if (over) setAttribute(over, "data-over", side);
  };
  /** What a drop there would do; null: nothing. */
  const dropAt = ({ target, clientY }) => {
    const column = target.closest(".column");
    if (!dragged || !column) return null;
    if (column.dataset.doctor !== dragged.doctor_id) {
      return { element: column, side: "", run: (ticket) => askTransfer(ticket, commands, queues, column.dataset.doctor) };
    }
    const row = target.closest(".row");
    const other = row && ticketOf(row);
    if (dragged.state !== "waiting" || other?.state !== "waiting" || other.id === dragged.id) return null;
    const { top, height } = row.getBoundingClientRect();
    const waiting = queues.views.get(dragged.doctor_id).waiting.map((ticket) => ticket.id);
    const others = waiting.filter((id) => id !== dragged.id);
    const [here, there] = [waiting.indexOf(dragged.id), others.indexOf(other.id)];
    // Between the dragged and its neighbour nothing would change: wherever the neighbour is hit, the two change places.
    const before = there === here - 1 || (there !== here && clientY < top + height / 2);
    const side = before ? "before" : "behind";
    const ahead = before ? there : there + 1;
    const place = ahead ? { behind: others[ahead - 1] } : { after: 0 };
    return { element: row, side, run: (ticket) => commands.ticket(ticket, "move", place) };
  };

  board.addEventListener("dragstart", (event) => {
    const row = event.target.closest?.(".row");
    dragged = row ? ticketOf(row) : null;
    handle = row?.querySelector(".row-more");
    if (!dragged) return;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", dragged.code);
  });
  board.addEventListener("dragover", (event) => {
    const drop = dropAt(event);
    mark(drop?.element ?? null, drop?.side);
    if (drop) event.preventDefault();
  });
  board.addEventListener("drop", (event) => {
    const drop = dropAt(event);
    if (!drop) return;
    event.preventDefault();
    // The keyboard goes on with the patient who was dragged.
    handle.focus({ preventScroll: true });
    drop.run(dragged);
  });
  board.addEventListener("dragend", () => {
    mark(null);
    dragged = null;
  });
}
