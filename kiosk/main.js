/**
 * The waiting-room board: texts and clinic first, then one live queue per doctor named in the address, the board
 * they make, and the calls that cover it. Nobody touches this page: whatever fails is tried again for ever, and
 * what was last known stays on screen with its age.
 */

import { serverNow, synchronise } from "/static/base/clock.js";
import { setText } from "/static/base/dom.js";
import { clockTime, loadTexts, shortDate, t, useZone } from "/static/base/i18n.js";
import { showAge } from "./age.js";
import { Announcer } from "./announcer.js";
import { Board } from "./board.js";
import { Chime } from "./chime.js";
import { LastCalls } from "./last-calls.js";
import { Queues } from "./queues.js";

const RETRY = 5_000;
const CLINIC_EVERY = 5 * 60_000;
const TICK = 1_000;

const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
const element = (id) => document.getElementById(id);

/** Do `step` until it succeeds. */
async function untilDone(step) {
  for (;;) {
    try {
      return await step();
    } catch {
      await pause(RETRY);
    }
  }
}

/** Name and time zone come from the server, now and then anew: a clinic may change them while the TV hangs there. */
async function learnClinic() {
  const response = await fetch("/api/clinic/", { signal: AbortSignal.timeout(RETRY) });
  if (!response.ok) throw new Error(String(response.status));
  const clinic = await response.json();
  synchronise(clinic.now);
  useZone(clinic.timezone);
  setText(element("clinic"), clinic.name);
}

/** Times on the board are said anew once the zone is known. */
async function keepClinic(sayAnew) {
  for (;;) {
    await untilDone(learnClinic);
    element("today").hidden = false;
    showToday();
    sayAnew();
    await pause(CLINIC_EVERY);
  }
}

function showToday() {
  const today = element("today");
  if (today.hidden) return;
  if (!today.firstChild) {
    today.append(document.createElement("span"), document.createElement("time"));
    today.lastChild.className = "time";
  }
  setText(today.firstChild, shortDate(serverNow()));
  setText(today.lastChild, clockTime(serverNow()));
}

async function start() {
  const address = new URLSearchParams(location.search);
  const theme = address.get("theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  element("today").hidden = true;
  await untilDone(() => loadTexts());

  const doctors = [...new Set(address.getAll("doctor").filter(Boolean))];
  if (!doctors.length) setText(element("message"), t("kiosk.no_doctor"));

  const chime = new Chime(element("sound"));
  const board = new Board(element("board"), element("return"), element("missed"));
  const last = new LastCalls(element("last"), element("calls"));
  const announcer = new Announcer(element("call"), chime);
  const show = () => {
    const views = queues.views();
    announcer.offer(views);
    last.take(views);
    board.show(views, queues);
  };
  const queues = new Queues(doctors, show);
  queues.open();
  keepClinic(show);
  setInterval(() => {
    showToday();
    showAge(element("age"), queues);
    board.turn();
  }, TICK);
}

start();
