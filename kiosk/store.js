/**
 * What this browser keeps for the screen. Where it refuses (a locked-down TV, a full disk) the page remembers by itself
 * until it is loaded again: a board must not go dark for want of memory, so nothing here throws.
 */

// Even naming a store throws where a browser forbids it.
const STORES = { local: () => localStorage, session: () => sessionStorage };

const unkept = new Map();

/** @param {string} key @param {"local"|"session"} [store] session: until the browser is closed @returns {unknown} null: nothing */
export function kept(key, store = "local") {
  if (unkept.has(key)) return unkept.get(key);
  try {
    return JSON.parse(STORES[store]().getItem(key));
  } catch {
    return null;
  }
}

/** @returns {boolean} whether it will be there after a reload */
export function keep(key, value, store = "local") {
  try {
    STORES[store]().setItem(key, JSON.stringify(value));
    unkept.delete(key);
    return true;
  } catch {
    unkept.set(key, value);
    return false;
  }
}

export function forget(key) {
  unkept.delete(key);
  try {
    localStorage.removeItem(key);
  } catch {
    // Nothing was kept then.
  }
}
