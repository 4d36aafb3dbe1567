/**
 * The one search box: finds a patient by name, phone, birth date or ticket as you type, and turns what was typed into
 * a walk-in or a registration when nobody fits. A combobox after the ARIA pattern: arrows choose, Enter takes.
 */

import { api, connection } from "../base/api.js";
import { h, setAttribute } from "../base/dom.js";
import { birthDate, t, westernDigits } from "../base/i18n.js";
import { icon } from "../base/icons.js";
import { mark, stateName } from "../base/labels.js";
import { explain } from "../base/problems.js";

const PAUSE = 180;
const SHOWN = 8;

/**
 * @param {{onPatient: (patient) => Promise, onWalkIn: (text, sent: boolean) => Promise, onRegister: (text) => Promise,
 *   onTaken: (coming: Promise<object|null>) => void, rowOf: (ticket) => HTMLElement|null}} chosen each brings a ticket, or null;
 *   `sent`: the walk-in's dialog is to send itself; `onTaken` is told of all as soon as somebody means them
 * @param {() => boolean} connected whether a search could be answered now; call `again` when that has changed
 */
export function buildFinder({ onPatient, onWalkIn, onRegister, onTaken, rowOf }, connected) {
  const input = h("input", {
    type: "search",
    role: "combobox",
    autocomplete: "off",
    spellcheck: "false",
    maxlength: 100,
    "aria-expanded": "false",
    "aria-controls": "found",
    "aria-autocomplete": "list",
    "aria-label": t("finder.label"),
    placeholder: t("finder.placeholder"),
  });
  const list = h("ul", { id: "found", role: "listbox", class: "found", "aria-label": t("finder.results"), hidden: true });
  const hint = h("kbd", { class: "finder-key", "aria-hidden": "true", text: "/" });
  const element = h("div", { class: "finder", role: "search" }, icon("search"), input, hint, list);
  let options = [];
  let active = -1;
  let timer;
  let asked = 0;
  /** What the choices shown were found for. */
  let offered = null;
  /** The search under way, and what for. */
  let looking = null;
  /** The Enter that waits for the answer, and whether it was pressed once more meanwhile. */
  let entered = null;

  const close = () => {
    list.hidden = true;
    active = -1;
    setAttribute(input, "aria-expanded", "false");
    setAttribute(input, "aria-activedescendant", null);
  };

  const clear = () => {
    input.value = "";
    options = [];
    offered = null;
    looking = null;
    entered = null;
    asked += 1;
    list.replaceChildren();
    close();
  };

  const activate = (index) => {
    active = index;
    options.forEach((option, at) => setAttribute(option.element, "aria-selected", at === index));
    setAttribute(input, "aria-activedescendant", options[index]?.element.id);
    options[index]?.element.scrollIntoView({ block: "nearest" });
  };

  /** @returns {Promise<object|null>} the ticket it leads to */
  const take = async (index, twice = false) => {
    const option = options[index];
    if (!option) return null;
    // Of several who are meant the second Enter chooses none.
    const sent = twice && options.every(({ patient }) => !patient);
    clear();
    return option.run(sent);
  };

  /** Only a search that was answered offers to create: a patient who is there already must not come in twice. */
  const offer = (patients, text, words) => {
    const creating = [
      { label: t("finder.walk_in", { text }), run: (sent) => onWalkIn(text, sent) },
      { label: t("finder.register", { text }), run: () => onRegister(text) },
    ];
    const found = patients.slice(0, SHOWN).flatMap((patient) => [...rows(patient, text), { patient, run: () => onPatient(patient) }]);
    show(text, [...found, ...creating], words);
  };

  /** Whoever typed a ticket's code wants its row. */
  const rows = ({ name, tickets }, text) =>
    tickets
      .filter((ticket) => sameCode(ticket.code, text) && rowOf(ticket))
      .map((ticket) => ({ label: t("finder.to_row", { code: ticket.code, name }), icon: "arrow", run: () => toRow(ticket) }));

  const toRow = (ticket) => {
    rowOf(ticket)?.focus();
    return null;
  };

  /** Words and nothing to choose. */
  const say = (text, words) => show(text, [], words);

  const show = (text, choices, words) => {
    const before = active > 0 ? options[active]?.patient?.id : null;
    offered = text;
    options = choices;
    options.forEach((option, index) => {
      option.element = h("li", { role: "option", id: `found-${index}`, "aria-selected": "false" }, ...(option.patient ? describe(option.patient) : [icon(option.icon ?? "plus"), h("span", { text: option.label })]));
      option.element.addEventListener("pointerdown", (event) => event.preventDefault());
      option.element.addEventListener("click", () => onTaken(take(index)));
    });
    const said = words ? h("li", { class: "found-note", role: "presentation", text: words }) : null;
    list.replaceChildren(...[said, ...options.map((option) => option.element)].filter(Boolean));
    list.hidden = false;
    setAttribute(input, "aria-expanded", "true");
    const kept = before ? options.findIndex(({ patient }) => patient?.id === before) : -1;
    activate(kept >= 0 ? kept : options.length ? 0 : -1);
  };

  const typed = () => input.value.trim();

  /** Search for what is in the box; asked again for the same, it is the same search. */
  const look = () => {
    const text = typed();
    if (looking?.text !== text) {
      const mine = { text, done: find(text).finally(() => looking === mine && (looking = null)) };
      looking = mine;
    }
    return looking.done;
  };

  const find = async (text) => {
    const mine = (asked += 1);
    if (!text) {
      close();
      return;
    }
    if (!connected()) {
      say(text, t("finder.not_connected"));
      return;
    }
    if (text.length < 2) {
      say(text, t("finder.go_on"));
      return;
    }
    // A request is tried for some seconds; whoever types learns of the first failure.
    const failing = () => mine === asked && !connection.online && say(text, t("finder.not_connected"));
    connection.addEventListener("change", failing);
    try {
      const { items } = await api.get("/api/patients/", { q: text, limit: SHOWN });
      if (mine === asked) offer(items, text, items.length ? null : t("finder.nobody"));
    } catch (problem) {
      if (mine === asked) say(text, problem.code === "offline" ? t("finder.not_connected") : explain(problem));
    } finally {
      connection.removeEventListener("change", failing);
    }
  };

  /** Enter right after typing waits for the answer, and takes none to what was typed before. */
  const enter = async (mine) => {
    const { text } = mine;
    clearTimeout(timer);
    if (offered !== text || !options.length) await look();
    if (entered !== mine) return null;
    entered = null;
    return offered === text && typed() === text ? take(active, mine.twice) : null;
  };

  input.addEventListener("input", () => {
    // Whoever types on means somebody else.
    entered = null;
    clearTimeout(timer);
    timer = setTimeout(look, PAUSE);
  });
  input.addEventListener("focus", () => list.childElementCount && input.value && (list.hidden = false));
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape") clear();
    // The key that leads here, pressed once more out of habit, is no part of a name.
    else if (event.key === "/" && !input.value) list.hidden = true;
    else if (event.key === "ArrowDown" && options.length) activate((active + 1) % options.length);
    else if (event.key === "ArrowUp" && options.length) activate((active - 1 + options.length) % options.length);
    else if (event.key === "Enter" && entered) entered.twice = true;
    else if (event.key === "Enter") onTaken(enter((entered = { text: typed(), twice: false })));
    else return;
    event.preventDefault();
  });

  const again = () => document.activeElement === input && look();
  return { element, focus: () => input.focus(), again, filled: () => Boolean(typed()) };
}

/** A code may be typed as a17 or A 017. */
function sameCode(code, text) {
  const plain = (each) => each.toUpperCase().replace(/\s/g, "").replace(/^(\p{L}+)0*/u, "$1");
  return plain(code) === plain(westernDigits(text));
}

function describe(patient) {
  const facts = [patient.date_of_birth && birthDate(patient.date_of_birth), patient.phone_masked].filter(Boolean);
  const shown = facts.flatMap((fact, index) => [index ? " · " : null, h("bdi", { text: fact })]);
  const places = patient.tickets.map(({ code, doctor, state }) => mark("", "clock", t("finder.place", { code, doctor, state: stateName(state) })));
  return [
    icon("person"),
    h("span", { class: "found-who" }, h("bdi", { class: "found-name", text: patient.name }), h("span", { class: "soft" }, ...shown), places.length ? h("span", { class: "found-places" }, ...places) : null),
  ];
}
