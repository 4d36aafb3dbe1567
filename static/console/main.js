/** The reception console: log in, then one live column per doctor, the search box, and what needs attention. */

import { h } from "../base/dom.js";
import { t } from "../base/i18n.js";
import { lockWhenIdle } from "../base/idle.js";
import { loginForm } from "../base/login.js";
import { allowOverlays, barOverlays } from "../base/overlays.js";
import { clinic, languagePicker, notice, startPage } from "../base/page.js";
import { explain } from "../base/problems.js";
import { session } from "../base/session.js";
import { startDesk } from "./desk.js";

const app = document.querySelector("#app");
const STAFF = new Set(["receptionist", "doctor", "admin"]);
let desk = null;
let idle = null;

function showLogin(reason) {
  desk?.close();
  desk = null;
  idle?.close();
  barOverlays();
  const words = { expired: t("login.expired"), elsewhere: t("login.signed_out_elsewhere"), patient: t("login.not_staff") };
  app.replaceChildren(
    h(
      "main",
      { id: "main", class: "gate" },
      h(
        "div",
        { class: "card stack" },
        h("p", { class: "soft", text: clinic.name }),
        h("h1", { text: t("console.title") }),
        words[reason] ? notice("attention", words[reason]) : null,
        loginForm(enter),
        languagePicker(),
      ),
    ),
  );
  app.querySelector("input").focus();
}

async function enter(user) {
  if (!STAFF.has(user.role)) {
    await session.signOut();
    showLogin("patient");
    return;
  }
  desk?.close();
  idle?.close();
  allowOverlays();
  const started = await startDesk(app, user);
  if (session.user?.id !== user.id) {
    started.close(); // logged out meanwhile, in another tab perhaps
    if (!session.user) showLogin();
    return;
  }
  desk = started;
  idle = lockWhenIdle(user, desk.news);
}

async function start() {
  const user = await startPage();
  session.addEventListener("signedout", ({ detail }) => showLogin(detail.reason));
  // Another tab signed in as somebody else: this one follows.
  session.addEventListener("signedin", () => desk && location.reload());
  if (user) await enter(user);
  else showLogin();
}

start().catch((problem) => {
  const again = h("button", { class: "button", type: "button", text: t("page.try_again"), on: { click: () => location.reload() } });
  app.replaceChildren(h("main", { id: "main", class: "gate" }, notice("stopped", explain(problem), again)));
});
