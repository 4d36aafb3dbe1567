/**
 * The product's own icons, drawn on a 24 × 24 grid. An icon never stands alone: next to it is a word, or its
 * button has an accessible name, so every icon is hidden from assistive technology.
 */

const SVG = "http://www.w3.org/2000/svg";

const PATHS = {
  accessible: "M12 4.5v.01 M9 9h6 M12 9v6 M12 15l4 5 M12 15l-4 5",
  alert: "M12 4 2.8 20h18.4z M12 10v4.5 M12 17.3v.01",
  arrow: "M4 12h15 M13 6l6 6-6 6",
  call: "M4 10v4h3l5 4V6L7 10z M15.5 9a4.5 4.5 0 0 1 0 6 M18 6.5a8 8 0 0 1 0 11",
  check: "M4.5 12.5l5 5 10-11",
  clock: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z M12 7.5V12l3.2 2",
  close: "M6 6l12 12 M18 6 6 18",
  door: "M6 21V4h10v17 M3 21h18 M13 12.5v.01",
  down: "M6 9l6 6 6-6",
  edit: "M4 20l1-4L16.5 4.5l3 3L8 19z",
  globe: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z M3 12h18 M12 3c3 3 3.5 6 3.5 9s-.5 6-3.5 9c-3-3-3.5-6-3.5-9S9 6 12 3z",
  hold: "M9 6v12 M15 6v12",
  message: "M4 5h16v11H9l-5 4z",
  more: "M5 11.5a.5.5 0 1 0 0 1 .5.5 0 0 0 0-1z M12 11.5a.5.5 0 1 0 0 1 .5.5 0 0 0 0-1z M19 11.5a.5.5 0 1 0 0 1 .5.5 0 0 0 0-1z",
  offline: "M4 4l16 16 M8.5 15.5a5 5 0 0 1 6-.8 M5 12a10 10 0 0 1 4.5-2.6 M13 9.1a10 10 0 0 1 6 2.9 M12 19v.01",
  person: "M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8z M4.5 21c.6-4 3.6-6 7.5-6s6.900 2 7.5 6",
  plus: "M12 5v14 M5 12h14",
  search: "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13z M15.5 15.5 21 21",
  undo: "M8 5 4 9l4 4 M4 9h10a6 6 0 0 1 0 12h-4",
};

/** Icons that point along the reading direction and are mirrored in right-to-left languages. */
const TURNS = new Set(["arrow", "undo", "call"]);

/** @param {keyof typeof PATHS} name @returns {SVGSVGElement} */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  if (TURNS.has(name)) svg.setAttribute("data-turns", "");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}
