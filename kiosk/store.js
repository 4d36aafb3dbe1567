/**
 * What this browser keeps for the screen. Where it refuses (a locked-down TV, a full disk) the page remembers by itself
 * until it is loaded again: a board must not go dark for want of memory.
 */

const fallback = new Map();

/** @param {"local"|"session"} where over restarts of the TV, or only over a reload */
function open(where) {
  const place = () => (where === "local" ? localStorage : sessionStorage);
  return {
    get(key) {
      if (fallback.has(key)) return fallback.get(key);
      try {
        return place().getItem(key);
      } catch {
        return null;
      }
    },
    set(key, value) {
      try {
        place().setItem(key, value);
        fallback.delete(key);
      } catch {
        fallback.set(key, String(value));
      }
    },
    remove(key) {
      fallback.delete(key);
      try {
        place().removeItem(key);
      } catch {
        // It was never kept.
      }
    },
    /** Whether what is kept is there after a reload. */
    get lasts() {
      try {
        place().setItem("kiosk.probe", "1");
        return place().getItem("kiosk.probe") === "1";
      } catch {
        return false;
      }
    },
    /** What was kept as JSON; `otherwise` where there is nothing or nonsense. */
    read(key, otherwise) {
      try {
        return JSON.parse(this.get(key)) ?? otherwise;
      } catch {
        return otherwise;
      }
    },
  };
}

export const lasting = open("local");
export const passing = open("session");
