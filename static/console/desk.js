/** The desk: puts header, columns and appointments together, and keeps them showing the newest snapshots. */

import { AccountBanner } from "../base/account.js";
import { serverNow } from "../base/clock.js";
import { h, reconcile, setText } from "../base/dom.js";
import { roleName } from "../base/labels.js";
import { t } from "../base/i18n.js";
import { icon } from "../base/icons.js";
import { openMenu } from "../base/menu.js";
import { clinic, languagePicker, smsNotice } from "../base/page.js";
import { openDialog, toast } from "../base/overlays.js";
import { session } from "../base/session.js";
import { Appointments } from "./appointments.js";
import { Column } from "./column.js";
import { Commands } from "./commands.js";
import { connectDisplay, scannedCode } from "./connect.js";
import { enableDragging } from "./drag.js";
import { buildFinder } from "./finder.js";
import { Joining } from "./joining.js";
import { keysEnabled, listenForKeys, onPrintKey, showKeys, switchKeys } from "./keys.js";
import { Printing, printTicket } from "./printing.js";
import { Queues } from "./queues.js";
import { ticketOf } from "./row.js";
import { Unreached } from "./unreached.js";

const TICK = 10_000;

/** @param {Element} place @param {object} user @returns {Promise<{news: import("../base/news.js").News, close: () => void}>} */
export async function startDesk(place, user) {
  const queues = new Queues(user);
  await queues.start();
  const columns = new Map();
  const board = h("div", { class: "columns" });
  const active = activeColumn(board, queues);
  const printing = new Printing();
  const commands = new Commands(
    queues,
    printing,
    (doctorId, text, ticketId) => {
      if (columns.has(doctorId)) columns.get(doctorId).refuse(text, ticketId);
      else if (text) toast(text, { kind: "stopped" });
    },
    (ticket) => columns.get(ticket.doctor_id)?.keepFocus(ticket.id) ?? (() => null),
    (doctorId) => columns.get(doctorId)?.own() ?? (() => null),
  );
  const joining = new Joining(queues, active, commands);
  const choices = {
    onPatient: (patient) => joining.patient(patient),
    onWalkIn: (text, sent) => joining.walkIn(text, sent),
    onRegister: (text) => joining.register(text),
    onTaken: (coming) => printing.expect(coming),
    rowOf: (ticket) => columns.get(ticket.doctor_id)?.rowOf(ticket.id) ?? null,
  };
  const finder = buildFinder(choices, () => queues.status !== "offline");
  const appointments = new Appointments(queues, commands);
  const unreached = new Unreached(queues);
  const account = new AccountBanner(queues.news);
  const totals = h("p", { class: "totals" });
  const line = h("p", { class: "line", role: "status", hidden: true });
  const noDoctors = emptyClinic(user);
  const header = h("header", { class: "top" }, finder.element, totals, unreached.button, appointments.toggle, userMenu(user, queues));
  const main = h("main", { id: "main", class: "desk", tabindex: -1 }, h("h1", { class: "visually-hidden", text: t("console.title") }), board, noDoctors, appointments.element);
  place.replaceChildren(...[header, line, smsNotice({ staff: true }), account.element, main].filter(Boolean));

  enableDragging(board, { commands, queues });

  const showDoctors = () => {
    reconcile(
      board,
      [...queues.doctors.values()],
      (doctor) => doctor.id,
      (doctor) => {
        const column = new Column(doctor, { commands, queues, own: user.role === "doctor" });
        columns.set(doctor.id, column);
        return column.element;
      },
      (_, doctor) => queues.views.has(doctor.id) && columns.get(doctor.id).show(queues.views.get(doctor.id)),
    );
    noDoctors.hidden = queues.doctors.size > 0;
    board.hidden = queues.doctors.size === 0;
  };
  const showLine = () => {
    const words = { live: null, connecting: null, stale: t("line.stale", { seconds: queues.silence ?? 0 }), offline: t("line.offline"), refused: t("line.refused") }[queues.status];
    line.hidden = !words;
    setText(line, words ?? "");
    board.toggleAttribute("data-stale", Boolean(words));
  };
  const tick = () => {
    for (const column of columns.values()) column.tick();
    appointments.tick();
    showTotals(totals, queues);
    showLine();
  };

  queues.addEventListener("doctors", showDoctors);
  queues.addEventListener("view", ({ detail }) => {
    columns.get(detail)?.show(queues.views.get(detail));
    showTotals(totals, queues);
  });
  queues.addEventListener("status", () => {
    showLine();
    finder.again();
  });
  showDoctors();
  showTotals(totals, queues);
  const code = scannedCode();
  if (code) connectDisplay([...queues.everyone.values()], code);
  const timer = setInterval(tick, TICK);

  const stopping = new AbortController();
  const columnAt = (index) => columns.get([...queues.doctors.keys()][index]);
  const print = () => {
    const ticket = ticketOf(document.activeElement.closest(".row"));
    if (ticket) printTicket(ticket);
    else printing.print(finder.filled());
  };
  const shortcuts = {
    "/": () => finder.focus(),
    n: () => columns.get(active())?.primary(),
    u: () => commands.undo(),
    a: () => appointments.focus(),
    p: print,
    "?": showKeys,
  };
  for (let digit = 1; digit <= 9; digit += 1) shortcuts[digit] = () => columnAt(digit - 1)?.element.focus();
  listenForKeys(shortcuts, stopping.signal);
  onPrintKey(() => {
    // In a dialog only that of somebody who joins means a ticket.
    if (printing.coming || !document.querySelector("dialog[open]")) print();
  }, stopping.signal);

  return {
    news: queues.news,
    close() {
      stopping.abort();
      clearInterval(timer);
      unreached.close();
      queues.close();
    },
  };
}

/**
 * The column that was last clicked or tabbed into is the one the key N and new patients go to; it is marked, and it
 * stays so when the focus is lost with a row that went away. @returns {() => string|undefined} its doctor's id
 */
function activeColumn(board, queues) {
  let chosen = null;
  const current = () => (queues.doctors.has(chosen) ? chosen : queues.doctors.keys().next().value);
  const mark = () => {
    for (const column of board.children) column.toggleAttribute("data-active", column.dataset.doctor === current());
  };
  const choose = ({ target }) => {
    chosen = target.closest(".column")?.dataset.doctor ?? chosen;
    mark();
  };
  board.addEventListener("focusin", choose);
  board.addEventListener("pointerdown", choose);
  queues.addEventListener("doctors", () => queueMicrotask(mark));
  queueMicrotask(mark);
  return current;
}

function showTotals(element, queues) {
  const views = [...queues.views.values()];
  const waiting = views.flatMap((view) => view.waiting);
  const longest = Math.max(0, ...waiting.map((ticket) => Math.floor((serverNow() - Date.parse(ticket.arrived_at)) / 60_000)));
  const arrived = views.reduce((sum, view) => sum + (view.arrived ?? 0), 0);
  const parts = [t("totals.arrived", { count: arrived }), t("totals.waiting", { count: waiting.length })];
  if (waiting.length) parts.push(t("totals.longest", { minutes: longest }));
  setText(element, parts.join(" · "));
}

function userMenu(user, queues) {
  const button = h("button", { class: "button button-plain", type: "button", "aria-haspopup": "menu", "aria-expanded": "false" });
  button.append(icon("person"), h("span", { class: "user-name", text: user.name || user.username }), icon("down"));
  button.addEventListener("click", () =>
    openMenu(button, [
      { label: t(keysEnabled() ? "keys.switch_off" : "keys.switch_on"), run: switchKeys },
      { label: t("keys.title"), keys: "?", run: showKeys },
      ...(user.role === "doctor" ? [] : [{ label: t("displays.connect"), run: () => connectDisplay([...queues.everyone.values()]) }]),
      { label: t("language.choose"), run: () => openDialog(t("language.choose"), languagePicker()) },
      ...(user.role === "admin" ? [{ label: t("console.to_admin"), run: () => (location.href = "/admin/") }] : []),
      null,
      { label: t("login.out"), run: () => session.signOut() },
      { label: t("login.out_everywhere"), run: () => session.signOut({ everywhere: true }) },
    ]),
  );
  button.title = `${clinic.name} · ${roleName(user.role)}`;
  return button;
}

function emptyClinic(user) {
  const next = user.role === "admin" ? h("a", { class: "button button-primary", href: "/admin/#/setup" }, t("setup.start")) : null;
  return h("div", { class: "card stack empty-clinic", hidden: true }, h("h2", { text: t("console.no_doctors") }), h("p", { text: t(user.role === "admin" ? "console.no_doctors_admin" : "console.no_doctors_ask") }), next);
}
