/**
 * Locks a page of staff that nobody touches: what is open stays as it is underneath, and a password brings it back.
 * All tabs of the browser count as one desk; a page that is loaded or opened again is locked if the time was up.
 */

import { api } from "./api.js";
import { h } from "./dom.js";
import { buildForm } from "./forms.js";
import { clockTime, t } from "./i18n.js";
import { clinic, learnClinic } from "./page.js";
import { openDialog } from "./overlays.js";
import { session } from "./session.js";
import { isLocked, lock, touch, touchedAt } from "./touch.js";

const LOOK = 5_000;
const TOUCHES = ["pointerdown", "keydown", "wheel", "touchstart"];

/**
 * @param {{id: string, username: string, name: string}} user
 * @param {import("./news.js").News} news whose `settings` tells that the minutes may be others
 * @returns {{close: () => void}}
 */
export function lockWhenIdle(user, news) {
  const stopping = new AbortController();
  const { signal } = stopping;
  let cover = null;

  const isTimeUp = () => clinic.idle_lock_minutes > 0 && Date.now() - touchedAt() >= clinic.idle_lock_minutes * 60_000;
  const touched = () => {
    // After a sleep the first key comes before the next look.
    if (isTimeUp()) look();
    else if (!cover && Date.now() - touchedAt() > LOOK) touch();
  };
  const follow = () => {
    if (isLocked(user.id) && !cover) cover = coverPage(user);
    else if (!isLocked(user.id) && cover) {
      cover.close();
      cover = null;
    }
  };
  const look = () => {
    if (!isLocked(user.id) && isTimeUp()) lock(user.id);
    follow();
  };

  for (const type of TOUCHES) addEventListener(type, touched, { capture: true, passive: true, signal });
  addEventListener("storage", follow, { signal });
  // Of a computer that slept the interval knows nothing; a look when it wakes comes at once.
  document.addEventListener("visibilitychange", look, { signal });
  news.addEventListener("settings", () => learnClinic().then(look, () => null), { signal });
  const timer = setInterval(look, LOOK);
  look();
  return {
    close() {
      stopping.abort();
      clearInterval(timer);
      cover?.close();
    },
  };

  /** Nothing under it can be seen, read aloud or pressed. */
  function coverPage(owner) {
    const form = buildForm({
      fields: [{ name: "password", label: t("login.password"), type: "password", required: true, attributes: { autocomplete: "current-password" } }],
      submit: t("idle.unlock"),
      onSubmit: async ({ password }) => {
        await api.signIn(owner.username, password);
        follow();
      },
    });
    // The other tabs stay covered until the session has ended, and so does this one until somebody signs in.
    const other = h("button", { class: "button button-plain", type: "button", text: t("idle.other"), on: { click: () => session.signOut() } });
    const words = h("p", { class: "soft", text: t("idle.since", { name: owner.name || owner.username, time: clockTime(new Date().toISOString()) }) });
    const dialog = openDialog(t("idle.title"), h("div", { class: "stack" }, words, form, other));
    dialog.element.classList.add("dialog-cover");
    dialog.element.addEventListener("cancel", (event) => event.preventDefault());
    // A second Escape closes a dialog whatever the page says to the first.
    dialog.element.addEventListener("close", () => isLocked(owner.id) && session.user && ((cover = null), follow()));
    return dialog;
  }
}
