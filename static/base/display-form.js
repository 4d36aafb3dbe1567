/** What a waiting-room screen shows and how: the fields that connecting one and changing one share. */

import { h } from "./dom.js";
import { LANGUAGES, t } from "./i18n.js";

const SWITCHES = ["rotate", "chime", "voice", "announcements"];
const CHOICES = { theme: ["auto", "light", "dark"], layout: ["auto", "list", "large"], identify: ["code", "initials"] };
/** What the server gives to a display of which nothing was said. */
const USUAL = { languages: ["en"], rotate: true, chime: true, voice: true, announcements: true, volume: 80, theme: "auto", layout: "auto", identify: "code" };

/** @param {object|null} display null: a new one @param {{id: string, name: string}[]} doctors */
export function displayFields(display, doctors) {
  const now = display ?? USUAL;
  return [
    { name: "name", label: t("displays.name"), required: true, value: display?.name, hint: t("displays.name_hint") },
    { name: "doctor_ids", label: t("displays.doctors"), required: true, control: boxes(doctors.map(({ id, name }) => [id, name]), display?.doctor_ids ?? doctors.map(({ id }) => id)) },
    { name: "languages", label: t("displays.languages"), required: true, control: boxes(Object.entries(LANGUAGES), now.languages) },
    ...SWITCHES.map((name) => ({ name, label: t(`displays.${name}`), type: "checkbox", value: now[name] })),
    { name: "volume", label: t("displays.volume"), type: "number", required: true, value: now.volume, attributes: { min: 0, max: 100 } },
    ...Object.entries(CHOICES).map(([name, values]) => ({
      name,
      label: t(`displays.${name}`),
      hint: name === "identify" ? t("displays.identify_hint") : undefined,
      type: "select",
      plainLabel: true,
      value: now[name],
      options: values.map((value) => ({ value, label: t(`displays.${name}.${value}`) })),
    })),
  ];
}

/** Several of a list; none chosen counts as left empty. */
function boxes(entries, chosen) {
  const made = entries.map(([value, label]) => {
    const input = h("input", { type: "checkbox", value });
    input.checked = chosen.includes(value);
    return { input, element: h("label", { class: "check" }, input, h("span", { text: label })) };
  });
  const element = h("div", {}, ...made.map((box) => box.element));
  const read = () => {
    const values = made.filter(({ input }) => input.checked).map(({ input }) => input.value);
    return values.length ? values : null;
  };
  return { element, focusable: made[0]?.input ?? element, group: true, read };
}
