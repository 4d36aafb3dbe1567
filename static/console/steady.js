/**
 * Keeps a live list steady: what the pointer is about to press stays under it, and a row that changes place slides there.
 * Only a pointer on the move or a drag holds the list; a pointer that was put down somewhere holds nothing.
 */

const REST = 1_500;

export class Steady {
  #lists;
  #selector;
  #aimed = null;
  #resting = null;

  /** @param {HTMLElement} lists scrolls, and holds rows @param {string} selector what a row is */
  constructor(lists, selector = ".row") {
    this.#lists = lists;
    this.#selector = selector;
    lists.addEventListener("pointermove", ({ pointerType, target }) => pointerType === "mouse" && this.#aim(target.closest(selector)));
    // A drag sends no moves of the pointer; it goes on telling where it is, also while it stands still.
    lists.addEventListener("dragover", ({ target }) => this.#aim(target.closest(selector)));
    lists.addEventListener("pointerleave", () => this.#letGo());
  }

  /** Call `update`, which changes the rows. */
  during(update) {
    const before = this.#tops();
    update();
    const aimed = this.#aimed;
    if (aimed && stoodStill(aimed, [...before.keys()], this.#rows())) this.#hold(aimed.getBoundingClientRect().top - before.get(aimed));
    this.#slide(before);
  }

  #aim(row) {
    this.#aimed = row;
    clearTimeout(this.#resting);
    this.#resting = setTimeout(() => this.#letGo(), REST);
  }

  /** The list has moved by `shift` pixels under the pointer: move it back. */
  #hold(shift) {
    const lists = this.#lists;
    const room = shift < 0 ? lists.scrollTop : roomBelow(lists);
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
    this.#slide(before);
  }

  #slide(before) {
    const duration = parseFloat(getComputedStyle(this.#lists).getPropertyValue("--quick"));
    if (!duration) return;
    for (const [row, now] of this.#tops()) {
      const shift = (before.get(row) ?? now) - now;
      if (Math.abs(shift) >= 1) row.animate([{ transform: `translateY(${shift}px)` }, { transform: "none" }], { duration, easing: "ease-out" });
    }
  }

  #rows() {
    return [...this.#lists.querySelectorAll(this.#selector)];
  }

  /** Where each row in sight stands, in their order; the others cost nothing, however many wait. */
  #tops() {
    const { top, bottom } = this.#lists.getBoundingClientRect();
    const edge = Math.min(bottom, innerHeight);
    const tops = new Map();
    for (const row of this.#rows()) {
      const place = row.getBoundingClientRect();
      if (place.top > edge) break;
      if (place.bottom >= top) tops.set(row, place.top);
    }
    return tops;
  }
}

/** How far it can be scrolled down still; less than nothing where what it holds does not fill it. */
function roomBelow(lists) {
  const ends = Math.max(...[...lists.children].map((each) => each.getBoundingClientRect().bottom));
  const filled = ends - lists.getBoundingClientRect().top + lists.scrollTop + parseFloat(getComputedStyle(lists).paddingBottom);
  return filled - lists.clientHeight - lists.scrollTop;
}

/** Whether `row` is still there with the same rows before it, as far as those are still there too: it has not moved itself. */
function stoodStill(row, before, after) {
  const here = new Set(after);
  const stayed = new Set(before.filter((each) => here.has(each)));
  const place = (rows) => rows.filter((each) => stayed.has(each)).indexOf(row);
  return stayed.has(row) && place(before) === place(after);
}
