/** What the steps of an import share: its address, its name, the head of a step, and refusals in words. */

import { api, newKey } from "../base/api.js";
import { h } from "../base/dom.js";
import { t } from "../base/i18n.js";
import { explain } from "../base/problems.js";

export const PATH = "/api/imports/";

/** Read a file on the server. `how` names encoding and delimiter where the guess was wrong. */
export function uploadFile(kind, file, how = {}, key = newKey()) {
  return api.upload(PATH, { kind, file: file.name.slice(0, 200), ...how }, file, key);
}

export const nameOf = (item) => item.file || t("imports.unnamed");

/** The head of every step: which file this is, and the way back. */
export const stepHead = (item, home) =>
  h(
    "div",
    { class: "spread" },
    h("h2", { tabindex: -1, "data-focus": true, dir: "auto", text: nameOf(item) }),
    h("button", { class: "button button-plain", type: "button", text: t("imports.back"), on: { click: home } }),
  );

/** Refusals of a step, in words of the page where it has them. */
export const explainStep = (problem) => {
  const own = (problem.errors ?? []).filter((error) => error.field.startsWith("columns.")).map((error) => t(`imports.wrong.${error.field.split(".")[1]}`));
  return own.length ? own.join(" ") : explain(problem);
};
