/**
 * What this browser keeps for the screen. A store that is full, forbidden or damaged costs a memory, never the board,
 * so nothing here throws.
 */

// Even naming a store throws where a browser forbids it.
const STORES = { local: () => localStorage, session: () => sessionStorage };

/** @param {string} key @param {"local"|"session"} [store] session: until the browser is closed @returns {unknown} null: nothing */
export function kept(key, store = "local") {
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
    return true;
  } catch {
    return false;
  }
}

export function forget(key) {
  try {
    localStorage.removeItem(key);
  } catch {
    // Nothing was kept then.
  }
}
