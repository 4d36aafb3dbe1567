/**
 * Keeps a live list steady: what the pointer is about to press stays under it, and a row that changes place slides there.
 * Only a pointer on the move holds the list; one that was put down somewhere holds nothing.
 */

const REST = 1_500;

export class Steady {
  #lists;
  #aimed = null;
  #resting = null;

  /** @param {HTMLElement} lists scrolls, and holds rows with the class `row` */
  constructor(lists) {
    this.#lists = lists;
    lists.addEventListener("pointermove", ({ pointerType, target }) => pointerType === "mouse" && this.#aim(target.closest(".row")));
    lists.addEventListener("pointerleave", () => this.#letGo());
  }

  /** Call `update`, which changes the rows. */
  during(update) {
    const before = this.#tops();
    update();
    const after = this.#rows();
    const aimed = this.#aimed;
    if (aimed && stoodStill(aimed, [...before.keys()], after)) this.#hold(aimed.getBoundingClientRect().top - before.get(aimed));
    this.#slide(before, after);
  }

  #aim(row) {
    this.#aimed = row;
    clearTimeout(this.#resting);
    this.#resting = setTimeout(() => this.#letGo(), REST);
  }

  /** The list has moved by `shift` pixels under the pointer: move it back. */
  #hold(shift) {
    const lists = this.#lists;
    const room = shift < 0 ? lists.scrollTop : lists.scrollHeight - lists.clientHeight - lists.scrollTop;
    const missing = Math.max(0, Math.abs(shift) - room);
    const side = shift < 0 ? "--held-above" : "--held-below";
    if (missing) lists.style.setProperty(side, `${(parseFloat(lists.style.getPropertyValue(side)) || 0) + missing}px`);
    lists.scrollTop += shift < 0 ? shift + missing : shift;
  }

  #letGo() {
    clearTimeout(this.#resting);
    this.#aimed = null;
    const { style } = this.#lists;
    if (!style.getPropertyValue("--held-above") && !style.getPropertyValue("--held-below")) return;
    const before = this.#tops();
    style.removeProperty("--held-above");
    style.removeProperty("--held-below");
    this.#slide(before, this.#rows());
  }

  #slide(before, after) {
    const duration = parseFloat(getComputedStyle(this.#lists).getPropertyValue("--quick"));
    if (!duration) return;
    const { top, bottom } = this.#lists.getBoundingClientRect();
    for (const row of after) {
      const now = row.getBoundingClientRect();
      const shift = (before.get(row) ?? now.top) - now.top;
      if (Math.abs(shift) < 1 || now.bottom < top || now.top > bottom) continue;
      row.animate([{ transform: `translateY(${shift}px)` }, { transform: "none" }], { duration, easing: "ease-out" });
    }
  }

  #rows() {
    return [...this.#lists.querySelectorAll(".row")];
  }

  #tops() {
    return new Map(this.#rows().map((row) => [row, row.getBoundingClientRect().top]));
  }
}

/** Whether `row` is still there with the same rows before it, as far as those are still there too: it has not moved itself. */
function stoodStill(row, before, after) {
  const here = new Set(after);
  const stayed = new Set(before.filter((each) => here.has(each)));
  const place = (rows) => rows.filter((each) => stayed.has(each)).indexOf(row);
  return stayed.has(row) && place(before) === place(after);
}
