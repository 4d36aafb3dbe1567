/** Which public holidays a clinic keeps: a country, perhaps a region, and those of the coming year on which it works. */

import { api } from "../base/api.js";
import { h } from "../base/dom.js";
import { currentLanguage, t } from "../base/i18n.js";
import { explain } from "../base/problems.js";

/** Fields for `buildForm`. @param {object} settings of `/api/settings/` */
export function holidayFields(settings) {
  const names = new Intl.DisplayNames(currentLanguage(), { type: "region" });
  const day = new Intl.DateTimeFormat(currentLanguage(), { weekday: "short", day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
  const country = h("select", {}, h("option", { value: "", text: t("holidays.none") }));
  const region = h("select", {}, h("option", { value: "", text: t("holidays.whole_country") }));
  const open = h("div", {});
  const note = h("p", { class: "hint", role: "status" });
  const kept = new Set(settings.holidays_open);
  let loaded = false;

  const show = async () => {
    try {
      const found = await api.get("/api/settings/holidays/", { country: country.value, region: region.value, language: currentLanguage() });
      fillWith(country, found.countries.map((code) => [code, names.of(code)]).sort((one, other) => one[1].localeCompare(other[1], currentLanguage())), settings.holidays_country);
      fillWith(region, found.regions.map((code) => [code, code]), country.value === settings.holidays_country ? settings.holidays_region : "");
      region.disabled = !found.regions.length;
      open.replaceChildren(...found.items.map((item) => box(item)));
      note.textContent = country.value ? "" : t("holidays.choose");
      return true;
    } catch (problem) {
      note.textContent = explain(problem);
      return false;
    }
  };
  const box = ({ date, name }) => {
    const input = h("input", { type: "checkbox", value: date });
    input.checked = kept.has(date);
    input.addEventListener("change", () => (input.checked ? kept.add(date) : kept.delete(date)));
    return h("label", { class: "check" }, input, h("span", {}, h("bdi", { text: name }), " · ", day.format(new Date(`${date}T00:00:00Z`))));
  };
  country.addEventListener("change", () => {
    region.value = "";
    show();
  });
  region.addEventListener("change", show);
  // The choices come with the first answer; the second one then knows the country that is kept.
  show()
    .then((found) => (found && settings.holidays_country ? show() : found))
    .then((found) => (loaded = found));
  const control = (element, name) => ({ element, read: () => (loaded ? element.value : settings[name]) });
  return [
    { name: "holidays_country", label: t("holidays.country"), hint: t("holidays.country_hint"), plainLabel: true, control: control(country, "holidays_country") },
    { name: "holidays_region", label: t("holidays.region"), plainLabel: true, control: control(region, "holidays_region") },
    { name: "holidays_open", label: t("holidays.open"), plainLabel: true, control: { element: h("div", {}, note, open), group: true, focusable: country, read: () => [...kept].sort() } },
  ];
}

/** The coming holidays on which nobody works, as days without appointments. @param {object} values of the fields above */
export async function holidaysKept({ holidays_country: country, holidays_region: region, holidays_open: open }) {
  if (!country) return [];
  const { items } = await api.get("/api/settings/holidays/", { country, region });
  return items.filter(({ date }) => !open.includes(date)).map(({ date }) => ({ first: date, last: date }));
}

/** Once: a choice that was made stays. */
function fillWith(select, options, chosen) {
  const values = options.map(([value]) => value).join();
  if (select.dataset.values === values) return;
  select.dataset.values = values;
  const before = select.value || chosen;
  select.replaceChildren(select.firstElementChild, ...options.map(([value, label]) => h("option", { value, text: label })));
  select.value = values.split(",").includes(before) ? before : "";
}
