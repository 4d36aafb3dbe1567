/**
 * Where the page leads the focus by itself. For a moment a press there still means what stood under the finger before:
 * the second Enter of a double press, or of a key held down, must not do what the new place would do.
 */

/** How long somebody needs to see where they are now. */
const SETTLE_MS = 500;
/** Keys by which people themselves move the focus, or leave what they were in. */
const OWN = new Set(["Tab", "Escape", "ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "Home", "End"]);

let movedAt = -SETTLE_MS;
/** The key pressed last, and the one before. */
let keys = ["", ""];

/** Lead the focus to `element`, because what was there has gone or something opened; null only says that it was led. */
export function moveFocus(element, options) {
  movedAt = performance.now();
  element?.focus(options);
}

/** Whether the page has led the focus somewhere so recently that a press at the instant `at` was not meant for it. */
export const justMoved = (at = performance.now()) => at - movedAt < SETTLE_MS;

/** Whether a key is the second half of a double press, whose first half has led the focus here. */
export const pressedTwice = ({ timeStamp }) => justMoved(timeStamp) && keys[0] === keys[1];

export function settled() {
  movedAt = -SETTLE_MS;
}

document.addEventListener("keydown", (event) => {
  const { key, repeat, target, timeStamp } = event;
  keys = [key, keys[0]];
  if (OWN.has(key)) settled();
  const writes = target.closest("textarea");
  const presses = (key === "Enter" && !writes) || (key === " " && target.closest("button, a, select"));
  if (!presses || !(repeat || justMoved(timeStamp))) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}, true);
// Whoever points somewhere or types has seen where they are.
for (const type of ["pointerdown", "input"]) document.addEventListener(type, settled, true);
