/** The patients' page: choose a doctor, register or log in, book, join, and find one's own place again. */

import { h } from "../base/dom.js";
import { t } from "../base/i18n.js";
import { loginForm } from "../base/login.js";
import { allowOverlays, barOverlays } from "../base/overlays.js";
import { clinic, languagePicker, notice, smsNotice, startPage } from "../base/page.js";
import { explain } from "../base/problems.js";
import { session } from "../base/session.js";
import { doctorView } from "./doctor.js";
import { doctorsView } from "./doctors.js";
import { mineView } from "./mine.js";
import { registerView } from "./register.js";

const app = document.querySelector("#app");
const main = h("main", { id: "main", class: "page stack", tabindex: -1 });
const links = h("nav", { class: "buttons" });
let leave = () => {};

/** Where to go after logging in: the page that asked for it. */
let wanted = "#/";

const VIEWS = [
  [/^#?\/?$/, () => doctorsView()],
  [/^#\/doctor\/([^/]+)$/, (id) => doctorView(decodeURIComponent(id), askToSignIn)],
  [/^#\/me$/, () => (session.user ? mineView() : loginView())],
  [/^#\/login$/, () => loginView()],
  [/^#\/register$/, () => registerView(arrived)],
];

function show({ focus = true } = {}) {
  leave();
  const [pattern, build] = VIEWS.find(([each]) => each.test(location.hash)) ?? VIEWS[0];
  // Until somebody has a password of their own, nothing else is open to them.
  const view = session.user?.must_change_password ? loginView() : build(...(location.hash.match(pattern)?.slice(1) ?? []));
  leave = view.leave ?? (() => {});
  main.replaceChildren(view.element);
  document.title = `${view.title} · ${clinic.name}`;
  showLinks();
  if (focus) main.focus();
  scrollTo(0, 0);
}

function showLinks() {
  const link = (href, text) => {
    const here = location.hash === href ? "page" : null;
    return h("a", { class: "button button-plain", href, text, "aria-current": here });
  };
  if (!session.user) {
    links.replaceChildren(link("#/login", t("login.submit")), link("#/register", t("patient.register")));
    return;
  }
  const out = h("button", { class: "button button-plain", type: "button", text: t("login.out"), on: { click: () => session.signOut() } });
  const staff = session.user.role !== "patient";
  links.replaceChildren(staff ? h("a", { class: "button button-plain", href: "/console/", text: t("console.title") }) : link("#/me", t("patient.mine")), out);
}

function askToSignIn() {
  wanted = location.hash;
  location.hash = "#/login";
}

/** Signed in: go on where the person was. */
function arrived() {
  const next = wanted === "#/login" || wanted === "#/register" ? "#/" : wanted;
  wanted = "#/";
  if (location.hash === next) show();
  else location.hash = next;
}

function loginView() {
  const register = h("a", { class: "button", href: "#/register", text: t("patient.register") });
  const element = h("section", { class: "card stack narrow" }, h("h1", { text: t("login.title") }), loginForm(arrived, [register]));
  return { element, title: t("login.title") };
}

async function start() {
  const user = await startPage();
  const name = h("a", { class: "clinic-name", href: "#/", text: clinic.name });
  const head = h("header", { class: "patient-head" }, name, links, languagePicker());
  app.replaceChildren(...[head, smsNotice({ staff: false }), main].filter(Boolean));
  addEventListener("hashchange", () => show());
  session.addEventListener("signedout", ({ detail }) => {
    barOverlays();
    show();
    if (detail.reason === "expired") main.prepend(notice("attention", t("login.expired")));
  });
  session.addEventListener("signedin", () => {
    allowOverlays();
    showLinks();
  });
  show({ focus: Boolean(user) && location.hash.length > 2 });
}

start().catch((problem) => {
  const again = h("button", { class: "button", type: "button", text: t("page.try_again"), on: { click: () => location.reload() } });
  app.replaceChildren(h("main", { id: "main", class: "page stack" }, notice("stopped", explain(problem), again)));
});
