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
 * Set the largest type with which the rows fit. `lay` fills them anew after each try, since how many codes stand
 * in a line depends on the size.
 * @param {HTMLElement} rows @param {() => void} lay @returns {boolean} false if not even the least size fits
 */
export function fit(rows, lay) {
  const attempt = (step) => {
    rows.style.setProperty("--grow", step / STEPS);
    lay();
    return fits(rows);
  };
  if (!attempt(0)) return false;
  let [fitting, tooLarge] = [0, STEPS + 1];
  while (tooLarge - fitting > 1) {
    const middle = (fitting + tooLarge) >> 1;
    if (attempt(middle)) fitting = middle;
    else tooLarge = middle;
  }
  attempt(fitting);
  return true;
}
