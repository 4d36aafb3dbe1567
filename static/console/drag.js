/**
 * Dragging a ticket: onto another column it is moved to that doctor (asked first, for it cannot be undone), onto another
 * who waits in its own column it goes behind that one. Everything it does stands in the row's menu too.
 */

import { askTransfer } from "./actions.js";
import { ticketOf } from "./row.js";

/** @param {HTMLElement} board the columns @param context {@link actionsFor}'s, for any column */
export function enableDragging(board, { commands, queues }) {
  let dragged = null;
  let over = null;

  const mark = (element) => {
    if (over !== element) over?.removeAttribute("data-over");
    over = element;
    over?.setAttribute("data-over", "");
  };
  /** What a drop at `target` would do; null: nothing. */
  const dropAt = (target) => {
    const column = target.closest(".column");
    if (!dragged || !column) return null;
    if (column.dataset.doctor !== dragged.doctor_id) {
      return { element: column, run: (ticket) => askTransfer(ticket, commands, queues, column.dataset.doctor) };
    }
    const row = target.closest(".row");
    const behind = row && ticketOf(row);
    if (dragged.state !== "waiting" || behind?.state !== "waiting" || behind.id === dragged.id) return null;
    return { element: row, run: (ticket) => commands.ticket(ticket, "move", { behind: behind.id }) };
  };

  board.addEventListener("dragstart", (event) => {
    const row = event.target.closest?.(".row");
    dragged = row ? ticketOf(row) : null;
    if (!dragged) return;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", dragged.code);
  });
  board.addEventListener("dragover", (event) => {
    const drop = dropAt(event.target);
    mark(drop?.element ?? null);
    if (drop) event.preventDefault();
  });
  board.addEventListener("drop", (event) => {
    const drop = dropAt(event.target);
    if (!drop) return;
    event.preventDefault();
    drop.run(dragged);
  });
  board.addEventListener("dragend", () => {
    mark(null);
    dragged = null;
  });
}
