/** How large the rows may grow: the largest type that overflows nothing, in steps, so that it rarely changes. */

const STEPS = 32;
const text = document.createRange();

/** Whether everything fits as it is laid out now. */
function fits(rows) {
  const list = rows.lastElementChild;
  if (list.scrollHeight > list.clientHeight + 1) return false;
  return [...rows.querySelectorAll(".room > *")].every((words) => holds(words, words.closest(".place")));
}

/** Exactly: scrollWidth is rounded, and half a pixel too much already cuts the text short. */
function holds(words, place) {
  text.selectNodeContents(words);
  return text.getBoundingClientRect().width <= place.getBoundingClientRect().width;
}

/**
 * Set the largest type with which the rows fit. `trim` is called for each size, since how many codes stand in a line
 * depends on it. Each try costs the browser a layout, and a TV's computer is slow: what fitted the last time is tried
 * first, and mostly still right.
 * @param {HTMLElement} rows @param {() => void} trim @param {number} [guess] a step that fitted before
 * @returns {number|null} the step; null if not even the least size fits
 */
export function fit(rows, trim, guess = 0) {
  const attempt = (step) => {
    rows.style.setProperty("--grow", step / STEPS);
    trim();
    return fits(rows);
  };
  let [fitting, tooLarge] = [null, STEPS + 1];
  const look = (step) => {
    if (attempt(step)) fitting = step;
    else tooLarge = step;
  };
  look(guess);
  if (fitting === null && guess > 0) look(0);
  if (fitting === null) return null;
  if (fitting === guess && guess < STEPS) look(guess + 1);
  while (tooLarge - fitting > 1) look((fitting + tooLarge) >> 1);
  attempt(fitting);
  return fitting;
}
