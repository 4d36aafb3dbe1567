/**
 * The waiting-room screen. It is a display that was paired, or shows the code to pair it, or shows the doctors named
 * in its address. Nobody touches this page: whatever fails is tried again for ever, and what was last known stays on
 * screen with its age.
 */

import { synchronise } from "/static/base/clock.js";
import { loadTexts, useZone } from "/static/base/i18n.js";
import { drift } from "./drift.js";
import { DisplayFeed } from "./feed.js";
import { askForIdentity, forgetIdentity, readIdentity } from "./identity.js";
import { workOffline } from "./offline.js";
import { Queues } from "./queues.js";
import { Screen } from "./screen.js";
import { keepAwake } from "./wake.js";

const RETRY = 5_000;
const CLINIC_EVERY = 60_000;
const TICK = 1_000;

const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

/** Do `step` until it succeeds. */
async function untilDone(step) {
  for (;;) {
    try {
      return await step();
    } catch {
      await pause(RETRY * (0.5 + Math.random()));
    }
  }
}

/** Name, time zone, announcements and release come from the server, now and then anew. */
async function learnClinic() {
  const response = await fetch("/api/clinic/", { signal: AbortSignal.timeout(RETRY) });
  if (!response.ok) throw new Error(String(response.status));
  const clinic = await response.json();
  synchronise(clinic.now);
  useZone(clinic.timezone);
  return clinic;
}

async function keepClinic(screen) {
  for (;;) {
    screen.knowClinic(await untilDone(learnClinic));
    await pause(CLINIC_EVERY);
  }
}

/** The doctors named in the address, without pairing. */
function showDoctors(screen, doctors) {
  const queues = new Queues(doctors, () => screen.show(queues));
  screen.show(queues);
  queues.open();
}

/** A display of its own: paired before, or asked for now; a screen that was removed asks for another code. */
async function showDisplay(screen) {
  for (;;) {
    const identity = readIdentity() ?? (await untilDone(askForIdentity));
    await new Promise((refused) => {
      const feed = new DisplayFeed(identity, () => screen.show(feed), () => {
        feed.close();
        refused();
      });
      screen.show(feed);
      feed.open();
    });
    forgetIdentity(identity);
  }
}

async function start() {
  const address = new URLSearchParams(location.search);
  const theme = address.get("theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  await untilDone(() => loadTexts());
  const screen = new Screen();
  const doctors = [...new Set(address.getAll("doctor").filter(Boolean))];
  if (doctors.length) showDoctors(screen, doctors);
  else showDisplay(screen);
  keepClinic(screen);
  setInterval(() => screen.tick(), TICK);
  keepAwake();
  drift(document.body);
  workOffline();
  // boot.js waits for this.
  document.documentElement.dataset.started = "";
}

start();
