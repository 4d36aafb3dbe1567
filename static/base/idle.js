/**
 * Locks a page of staff that nobody touches: what is open stays as it is underneath, and a password brings it back.
 * All tabs of the browser count as one desk; a page that is loaded again stays locked.
 */

import { api } from "./api.js";
import { h } from "./dom.js";
import { buildForm } from "./forms.js";
import { clockTime, t } from "./i18n.js";
import { clinic } from "./page.js";
import { openDialog } from "./overlays.js";
import { session } from "./session.js";

const LOOK = 5_000;
const TOUCHED = "touched-at";
const LOCKED = "locked";
const TOUCHES = ["pointerdown", "keydown", "wheel", "touchstart"];

/** @param {{id: string, username: string, name: string}} user @returns {{close: () => void}} */
export function lockWhenIdle(user) {
  const minutes = clinic.idle_lock_minutes;
  const stopping = new AbortController();
  const { signal } = stopping;
  let cover = null;
  let timer = null;

  const touched = () => {
    const last = Number(localStorage.getItem(TOUCHED));
    // After a sleep the first key comes before the next look.
    if (Date.now() - last >= minutes * 60_000) look();
    else if (!cover && Date.now() - last > LOOK) localStorage.setItem(TOUCHED, String(Date.now()));
  };
  const isLocked = () => localStorage.getItem(LOCKED) === user.id;
  const follow = () => {
    if (isLocked() && !cover) cover = coverPage(user, () => localStorage.removeItem(LOCKED));
    else if (!isLocked() && cover) {
      cover.close();
      cover = null;
      localStorage.setItem(TOUCHED, String(Date.now()));
    }
  };
  const look = () => {
    if (!isLocked() && Date.now() - Number(localStorage.getItem(TOUCHED)) >= minutes * 60_000) localStorage.setItem(LOCKED, user.id);
    follow();
  };

  if (minutes) {
    if (!isLocked()) localStorage.setItem(TOUCHED, String(Date.now()));
    for (const type of TOUCHES) addEventListener(type, touched, { capture: true, passive: true, signal });
    addEventListener("storage", follow, { signal });
    // Of a computer that slept the interval knows nothing; a look when it wakes comes at once.
    document.addEventListener("visibilitychange", look, { signal });
    timer = setInterval(look, LOOK);
    look();
  }
  return {
    close() {
      stopping.abort();
      clearInterval(timer);
      cover?.close();
    },
  };

  /** Nothing under it can be seen, read aloud or pressed. */
  function coverPage(owner, unlocked) {
    const form = buildForm({
      fields: [{ name: "password", label: t("login.password"), type: "password", required: true, attributes: { autocomplete: "current-password" } }],
      submit: t("idle.unlock"),
      onSubmit: async ({ password }) => {
        await api.signIn(owner.username, password);
        unlocked();
        follow();
      },
    });
    const other = h("button", { class: "button button-plain", type: "button", text: t("idle.other") });
    const words = h("p", { class: "soft", text: t("idle.since", { name: owner.name || owner.username, time: clockTime(new Date().toISOString()) }) });
    const dialog = openDialog(t("idle.title"), h("div", { class: "stack" }, words, form, other));
    dialog.element.classList.add("dialog-cover");
    dialog.element.addEventListener("cancel", (event) => event.preventDefault());
    // A second Escape closes a dialog whatever the page says to the first.
    dialog.element.addEventListener("close", () => isLocked() && session.user && ((cover = null), follow()));
    // The other tabs stay covered until the session has ended.
    other.addEventListener("click", async () => {
      await session.signOut();
      unlocked();
    });
    return dialog;
  }
}
