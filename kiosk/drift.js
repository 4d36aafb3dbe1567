/** Moves the whole picture by a few pixels every minute, so that nothing burns into a screen that shows it for a year. */

const EVERY = 60_000;
const PATH = [
  [0, 0],
  [1, 0],
  [1, 1],
  [0, 1],
  [-1, 1],
  [-1, 0],
  [-1, -1],
  [0, -1],
  [1, -1],
];

/** @param {HTMLElement} body */
export function drift(body) {
  let step = 0;
  setInterval(() => {
    step = (step + 1) % PATH.length;
    body.style.setProperty("--drift-x", PATH[step][0]);
    body.style.setProperty("--drift-y", PATH[step][1]);
  }, EVERY);
}
