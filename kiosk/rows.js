/** One doctor's row: who is called or in which room, who comes next and about when, and why it takes longer. */

import { serverNow } from "/static/base/clock.js";
import { h, reconcile, setAttribute, setText } from "/static/base/dom.js";
import { aboutRange, clockTime, currentLanguage, t } from "/static/base/i18n.js";
import { icon } from "/static/base/icons.js";
import { roomName, stateName } from "/static/base/labels.js";
import { usualReason } from "./reasons.js";
import { inEach, setWords } from "./words.js";

const MOST_NEXT = 12;
/** Minutes behind a booked time from which the board says so, and the patient's own lateness that explains it. */
const DELAY_FROM = 10;
const OWN_LATENESS = 10;
const ICONS = { called: "arrow", in_room: "door", free: "door" };

const LONG_ROOM = 10;

/** Called ones first: they are the ones who have to move. */
const occupied = (view) => [...view.called, ...view.current];

/** How many lines the row needs: one per room in use. */
export const linesOf = (view) => Math.max(1, occupied(view).length);

/** The codes that stand large in the row. */
export const codesOf = (view) => occupied(view);

/** A code, with small initials under it where the clinic wants them. */
function setCode(element, { code, initials }) {
  setText(element.firstChild, code);
  setText(element.lastChild, initials ?? "");
}

const makeCode = () => h("span", { class: "code" }, h("span"), h("small"));

export function makeRow() {
  const next = h("div", { class: "next" }, h("p", { class: "codes" }), h("p", { class: "wait" }), h("p", { class: "notice-line" }));
  next.lastChild.append(icon("clock"), h("span"));
  return h("li", { class: "doctor" }, h("div", { class: "now" }), next);
}

export function updateRow(row, view) {
  const [now, next] = row.children;
  const free = { code: "–", room: view.doctor.room, state: "free" };
  const lines = occupied(view).length ? occupied(view) : [free];
  reconcile(now, lines, (ticket) => ticket.code, makeLine, (line, ticket) =>
    updateLine(line, ticket, ticket === lines[0] ? view.doctor.name : ""),
  );
  updateNext(next, view);
}

function makeLine() {
  return h(
    "p",
    { class: "line" },
    makeCode(),
    h("span", { class: "sign" }),
    h("span", { class: "place" }, h("span", { class: "room" }), h("span", { class: "name" })),
  );
}

function updateLine(line, ticket, doctor) {
  const [code, sign, place] = line.children;
  setCode(code, ticket);
  const said = `${ticket.state} ${currentLanguage()}`;
  if (line.dataset.said !== said) {
    line.dataset.state = ticket.state;
    line.dataset.said = said;
    const word = ticket.state === "free" ? t("kiosk.nobody_called") : stateName(ticket.state);
    sign.replaceChildren(icon(ICONS[ticket.state] ?? "door"), h("span", { class: "visually-hidden", text: word }));
  }
  const room = roomName(ticket.room);
  setWords(place.firstChild, () => roomName(ticket.room) || doctor);
  const longest = Math.max(...inEach(() => (roomName(ticket.room) || doctor).length));
  setAttribute(place.firstChild, "data-long", longest > LONG_ROOM);
  setText(place.lastChild, room ? doctor : "");
}

function updateNext(next, view) {
  const [codes, wait, notice] = next.children;
  const waiting = nextOf(view);
  reconcile(codes, waiting, (ticket) => ticket.code, makeCode, setCode);
  codes.hidden = !waiting.length;
  const reason = noticeOf(view);
  notice.hidden = !reason;
  setAttribute(notice, "data-kind", view.status);
  setWords(notice.lastChild, () => noticeOf(view) ?? "");
  setWait(wait, view, waiting);
}

const nextOf = (view) => view.waiting.slice(0, MOST_NEXT);

function setWait(wait, view, shown) {
  setWords(wait, () => (shown.length ? waitOf(shown) : t("kiosk.nobody_waiting")));
  wait.hidden = !wait.textContent || (!shown.length && Boolean(noticeOf(view)));
}

/**
 * Leave out the codes that would be cut off, and say the wait of those that are shown. First everything is read, then
 * everything written: a browser lays the whole board out anew for each change of mind between the two.
 * @param {Iterable<HTMLElement>} rows @param {object[]} views the same in the same order
 */
export function trimRows(rows, views) {
  const nexts = [...rows].map((row) => row.lastElementChild);
  for (const { firstElementChild: codes } of nexts) for (const item of codes.children) item.hidden = false;
  const counts = nexts.map((next) => holding(next.firstElementChild));
  nexts.forEach((next, index) => {
    const [codes, wait] = next.children;
    for (const item of [...codes.children].slice(counts[index])) item.hidden = true;
    setWait(wait, views[index], nextOf(views[index]).slice(0, counts[index]));
  });
}

/** How many codes are not cut off. */
function holding(codes) {
  const items = [...codes.children];
  const height = codes.clientHeight;
  const first = height ? items.findIndex((item) => item.offsetTop - codes.offsetTop + item.offsetHeight > height + 2) : -1;
  return first < 1 ? items.length : first;
}

/** From the first shown code's earliest to the last one's latest: true for all of them. */
function waitOf(shown) {
  const known = shown.map((ticket) => ticket.estimate).filter(Boolean);
  if (!known.length) return "";
  return aboutRange({ from: known[0].from, to: known.at(-1).to }, serverNow()) ?? "";
}

/** What holds the doctor up. `brief`: without the name, where the row has no room for it. */
function noticeOf(view) {
  const told = holdUp(view);
  if (!told) return null;
  const [kind, values] = told;
  if (!view.brief) return t(`kiosk.${kind}`, { ...values, doctor: view.doctor.name });
  return kind === "paused_for" ? values.reason : t(`kiosk.brief.${kind}`, values);
}

/** @returns {[string, object]|null} which sentence, and what it needs besides the doctor's name */
function holdUp(view) {
  if (view.status === "closed" && !view.waiting.length) return ["closed", {}];
  if (view.status === "paused") {
    const { until, reason } = view.pause ?? {};
    const values = { reason: reason && (usualReason(reason) ?? reason), time: until && clockTime(until) };
    return [["paused", reason && "for", until && "until"].filter(Boolean).join("_"), values];
  }
  const minutes = delayOf(view);
  return minutes >= DELAY_FROM ? ["delayed", { minutes }] : null;
}

/** Minutes by which the next booked patient who came in time will be seen late, in steps of five. */
function delayOf(view) {
  const booked = view.waiting.find(
    ({ due_at: due, arrived_at: arrived, estimate }) =>
      due && estimate && Date.parse(arrived) - Date.parse(due) <= OWN_LATENESS * 60_000,
  );
  if (!booked) return 0;
  return Math.round((Date.parse(booked.estimate.from) - Date.parse(booked.due_at)) / 60_000 / 5) * 5;
}
