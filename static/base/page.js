/**
 * What every page does first: load its texts, learn the clinic (name, time zone, whether texts are sent), take up a
 * session, and say so in a banner whenever the server cannot be reached.
 */

import { api, connection } from "./api.js";
import { synchronise } from "./clock.js";
import { h } from "./dom.js";
import { chooseLanguage, currentLanguage, LANGUAGES, loadTexts, t, useZone } from "./i18n.js";
import { icon } from "./icons.js";
import { session } from "./session.js";

/** The public facts of `/api/clinic/`; filled by `learnClinic`. */
export let clinic = { name: "", timezone: "UTC", sms: "live", demo: false, self_join: "off", idle_lock_minutes: 0 };

/** @returns {Promise<object|null>} the signed-in user; null too for whoever has to choose a password of their own first */
export async function startPage() {
  await loadTexts();
  document.body.prepend(connectionBanner());
  await learnClinic();
  synchronise(clinic.now);
  useZone(clinic.timezone);
  const user = await session.resume().catch(() => null);
  return user?.must_change_password ? null : user;
}

/** Learn the clinic, anew when an administrator may have changed it. */
export async function learnClinic() {
  clinic = await api.get("/api/clinic/");
}

/** Shown while calls fail for want of a network; the page stays readable underneath. */
function connectionBanner() {
  const banner = h("div", { class: "banner", role: "status", hidden: connection.online });
  banner.append(icon("offline"), h("span", { text: t("connection.offline") }));
  connection.addEventListener("change", () => (banner.hidden = connection.online));
  return banner;
}

/** A select that changes the language of the page, each language named in itself. */
export function languagePicker() {
  const options = Object.entries(LANGUAGES).map(([code, name]) =>
    h("option", { value: code, lang: code, selected: code === currentLanguage() }, name),
  );
  const select = h("select", { class: "language", "aria-label": t("language.choose") }, ...options);
  select.value = currentLanguage();
  select.addEventListener("change", () => chooseLanguage(select.value));
  return select;
}

/** Says that no texts leave this server, where that is so; staff learn why, patients what to do instead. */
export function smsNotice({ staff }) {
  if (clinic.sms !== "simulated") return null;
  const words = t(staff ? "sms.simulated_notice" : "sms.simulated_patient");
  return h("p", { class: "notice notice-attention small", role: "status" }, icon("message"), h("span", { text: words }));
}

/** A notice with an icon: `kind` is attention, stopped or done. */
export function notice(kind, text, ...more) {
  const name = kind === "done" ? "check" : "alert";
  return h("div", { class: `notice notice-${kind}` }, icon(name), h("div", {}, h("p", { text }), ...more));
}

/** What stands in place of a form that needs a doctor while there is none, with the way to add one for those who may. */
export function addDoctorFirst(mayAdd) {
  const next = mayAdd ? h("p", {}, h("a", { class: "button button-primary", href: "/admin/#/doctors", text: t("console.add_doctor") })) : null;
  return h("div", { class: "stack" }, h("p", { text: t(mayAdd ? "console.no_doctors_first" : "console.no_doctors_ask") }), next);
}

/** Which call of `fill` was the last one for a place. */
const latest = new WeakMap();

/**
 * Keep the last content while `load` runs, and say in its place when it failed, with a way to try again. Of several at once
 * the one that was asked for last counts, in whatever order the answers come.
 */
export async function fill(place, load, explain) {
  const mine = {};
  const overtaken = () => latest.get(place) !== mine;
  latest.set(place, mine);
  place.setAttribute("aria-busy", "true");
  if (!place.childElementCount) place.append(h("p", { class: "loading", text: t("page.loading") }));
  try {
    const content = [await load()].flat();
    if (!overtaken()) place.replaceChildren(...content);
  } catch (problem) {
    if (overtaken()) return;
    const again = h("button", { class: "button", type: "button", on: { click: () => fill(place, load, explain) } });
    again.textContent = t("page.try_again");
    place.replaceChildren(notice("stopped", explain(problem), h("p", {}, again)));
  } finally {
    if (!overtaken()) place.removeAttribute("aria-busy");
  }
}
