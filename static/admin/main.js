/** The admin panel: log in as an administrator, then one list per resource, chosen by the address's hash. */

import { AccountBanner } from "../base/account.js";
import { api } from "../base/api.js";
import { h, setAttribute } from "../base/dom.js";
import { t } from "../base/i18n.js";
import { lockWhenIdle } from "../base/idle.js";
import { loginForm } from "../base/login.js";
import { openNews } from "../base/news.js";
import { allowOverlays, barOverlays } from "../base/overlays.js";
import { clinic, languagePicker, notice, smsNotice, startPage } from "../base/page.js";
import { explain } from "../base/problems.js";
import { session } from "../base/session.js";
import { appointmentsView } from "./calendar.js";
import { auditView } from "./audit.js";
import { displaysView } from "./displays.js";
import { doctorsView } from "./doctors.js";
import { importsView } from "./imports.js";
import { notificationsView } from "./notifications.js";
import { patientsView } from "./patients.js";
import { queuesView } from "./queues.js";
import { settingsView } from "./settings.js";
import { setupView } from "./setup.js";
import { statisticsView } from "./statistics.js";
import { textsView } from "./texts.js";
import { usersView } from "./users.js";

const VIEWS = {
  doctors: doctorsView,
  patients: patientsView,
  imports: importsView,
  appointments: appointmentsView,
  queues: queuesView,
  users: usersView,
  notifications: notificationsView,
  statistics: statisticsView,
  displays: displaysView,
  settings: settingsView,
  texts: textsView,
  audit: auditView,
};

/** Views that the menu does not list: they are led to. */
const UNLISTED = { setup: setupView };

const app = document.querySelector("#app");
const main = h("main", { id: "main", class: "admin-main stack", tabindex: -1 });
let leave = () => {};
/** Asked before another view takes this one's place; `shown` is the address to go back to. */
let mayLeave = async () => true;
let shown = "";
let entered = false;
let line = null;
let idle = null;

function show() {
  leave();
  const wanted = location.hash.replace(/^#\/?/, "");
  const name = wanted in VIEWS || wanted in UNLISTED ? wanted : "doctors";
  const view = (VIEWS[name] ?? UNLISTED[name])(line.news);
  leave = view.leave ?? (() => {});
  mayLeave = view.mayLeave ?? (async () => true);
  shown = location.hash;
  main.replaceChildren(h("h1", { text: t(`admin.${name}`) }), view.element);
  for (const link of app.querySelectorAll(".admin-nav a")) {
    const here = link.getAttribute("href") === `#/${name}`;
    setAttribute(link, "aria-current", here ? "page" : null);
    if (here) link.scrollIntoView({ block: "nearest", inline: "center" });
  }
  document.title = `${t(`admin.${name}`)} · ${clinic.name}`;
}

/** Whoever comes to a clinic without doctors begins with its set-up. */
async function beginAnew() {
  if (location.hash.length > 2) return;
  const doctors = await api.get("/api/doctors/", { limit: 1 }).catch(() => null);
  if (doctors?.items.length === 0) history.replaceState(null, "", "#/setup");
}

async function enter(user) {
  if (user.role !== "admin") {
    session.signOut().finally(() => showLogin(t("admin.not_admin")));
    return;
  }
  const links = Object.keys(VIEWS).map((name) => h("li", {}, h("a", { href: `#/${name}`, text: t(`admin.${name}`) })));
  const out = h("button", { class: "button button-plain", type: "button", text: t("login.out"), on: { click: () => session.signOut() } });
  const console_ = h("a", { class: "button button-plain", href: "/console/", text: t("console.title") });
  const head = h("header", { class: "admin-head" }, h("strong", { text: clinic.name }), console_, languagePicker(), out);
  const nav = h("nav", { class: "admin-nav", "aria-label": t("admin.title") }, h("ul", {}, ...links));
  line?.close();
  line = openNews();
  const account = new AccountBanner(line.news);
  idle?.close();
  allowOverlays();
  idle = lockWhenIdle(user, line.news);
  const simulated = smsNotice({ staff: true });
  app.replaceChildren(...[head, simulated && h("aside", { "aria-label": t("admin.texts") }, simulated), account.element, h("div", { class: "admin" }, nav, main)].filter(Boolean));
  entered = true;
  await beginAnew();
  show();
}

function showLogin(words) {
  entered = false;
  leave();
  leave = () => {};
  mayLeave = async () => true;
  line?.close();
  line = null;
  idle?.close();
  barOverlays();
  app.replaceChildren(
    h(
      "main",
      { id: "main", class: "gate" },
      h(
        "div",
        { class: "card stack" },
        h("p", { class: "soft", text: clinic.name }),
        h("h1", { text: t("admin.title") }),
        words ? notice("attention", words) : null,
        loginForm(enter),
        languagePicker(),
      ),
    ),
  );
  app.querySelector("input").focus();
}

async function start() {
  const user = await startPage();
  addEventListener("hashchange", async () => {
    if (session.user?.role !== "admin" || location.hash === shown) return;
    const wanted = location.hash;
    // The address stays that of what is shown until it is settled whether to leave it.
    history.replaceState(null, "", shown || "#/");
    if (!(await mayLeave())) return;
    history.replaceState(null, "", wanted);
    show();
    main.focus();
  });
  session.addEventListener("signedin", () => entered && location.reload());
  session.addEventListener("signedout", ({ detail }) => showLogin(detail.reason === "expired" ? t("login.expired") : null));
  if (user) await enter(user);
  else showLogin();
}

start().catch((problem) => app.replaceChildren(h("main", { id: "main", class: "gate" }, notice("stopped", explain(problem)))));
