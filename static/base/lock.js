/**
 * One holder at a time among all tabs of this browser. The Web Locks API where the page is secure; over plain
 * HTTP in a clinic's own network, where browsers hide that API, a lease in localStorage does the same.
 */

const LEASE = 15_000;
const SETTLE = 40;

/** Run `work` while no other tab holds `name`. @template T @param {string} name @param {() => Promise<T>} work */
export function withLock(name, work) {
  return navigator.locks ? navigator.locks.request(name, work) : withLease(`lock:${name}`, work);
}

async function withLease(key, work) {
  const me = `${Date.now()}.${Math.random()}`;
  while (!(await taken(key, me))) await pause(SETTLE * (1 + Math.random()));
  try {
    return await work();
  } finally {
    if (holder(key)?.me === me) localStorage.removeItem(key);
  }
}

async function taken(key, me) {
  const now = holder(key);
  if (now && now.until > Date.now() && now.until < Date.now() + 2 * LEASE) return false;
  localStorage.setItem(key, JSON.stringify({ me, until: Date.now() + LEASE }));
  // Another tab may have written at the same moment: the one whose name is still there afterwards has it.
  await pause(SETTLE);
  return holder(key)?.me === me;
}

function holder(key) {
  try {
    return JSON.parse(localStorage.getItem(key));
  } catch {
    return null;
  }
}

const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
