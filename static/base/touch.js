/**
 * When somebody last touched a page of this browser, and whose pages it keeps locked. All tabs share it, and it outlives
 * them: a page that is opened later finds out that the time was up.
 */

const TOUCHED = "touched-at";
const LOCKED = "locked";

/** In milliseconds, as `Date.now()`; 0: nobody ever did. */
export const touchedAt = () => Number(localStorage.getItem(TOUCHED));

export const touch = () => localStorage.setItem(TOUCHED, String(Date.now()));

/** @param {string} accountId */
export const lock = (accountId) => localStorage.setItem(LOCKED, accountId);
export const isLocked = (accountId) => localStorage.getItem(LOCKED) === accountId;

/** Somebody has shown by a password who sits here. */
export function unlock() {
  // In this order, or another tab that looks in between finds an old touch and locks again.
  touch();
  localStorage.removeItem(LOCKED);
}
