/**
 * Texts and the forms of numbers and times in the page's language. The server has written `lang` and `dir` on
 * the root element; the texts are in `/static/i18n/<lang>.json`, one key per sentence. A text is a string with
 * named `{placeholders}`, or an object of plural forms chosen by `{count}`.
 */

export const LANGUAGES = { en: "English", es: "Español", fr: "Français", ar: "العربية" };
const RIGHT_TO_LEFT = new Set(["ar"]);

/** What is loaded: the texts and the plural rules of each language. */
const known = new Map();
let language = "en";
let zone;

/** Load a language's texts; call once before anything is shown. Keeps the old texts when the network is gone. */
export async function loadTexts(wanted = document.documentElement.lang) {
  const chosen = wanted in LANGUAGES ? wanted : "en";
  await learn(chosen);
  switchTo(chosen);
}

/** Load a language without showing it, for pages that take turns. */
export async function learn(code) {
  if (known.has(code)) return;
  const response = await fetch(`/static/i18n/${code}.json`);
  if (!response.ok) throw new Error(`no texts for ${code}`);
  known.set(code, { texts: await response.json(), plurals: new Intl.PluralRules(code) });
}

/** From now on everything is said in a language that is loaded; false if it is not. */
export function switchTo(code) {
  if (!known.has(code)) return false;
  language = code;
  document.documentElement.lang = code;
  document.documentElement.dir = directionOf(code);
  return true;
}

/** Whether a language's texts are here. */
export const knows = (code) => known.has(code);

/** What `say` says while the page speaks another language that is loaded. */
export function sayIn(code, say) {
  const before = language;
  language = code;
  try {
    return say();
  } finally {
    language = before;
  }
}

export const currentLanguage = () => language;
export const directionOf = (code) => (RIGHT_TO_LEFT.has(code) ? "rtl" : "ltr");

/** Remember the person's choice for a year and show the page in it. */
export function chooseLanguage(code) {
  document.cookie = `lang=${code}; path=/; max-age=31536000; samesite=lax`;
  location.reload();
}

/** Times are shown in the clinic's zone, wherever the phone thinks it is. */
export function useZone(name) {
  if (name === zone) return;
  zone = name;
  formats.clear();
}

export const hasText = (key) => key in (known.get(language)?.texts ?? {});

/** The sentence for a key. A missing key shows as itself: ugly, but never blank. */
export const t = (key, values = {}) => inLanguage(language, key, values);

/** The sentence in one of the loaded languages. */
export function inLanguage(code, key, values = {}) {
  const { texts = {}, plurals } = known.get(code) ?? {};
  let text = texts[key] ?? key;
  if (typeof text === "object") text = text[plurals.select(values.count)] ?? text.other;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? readable(values[name]) : whole));
}

const readable = (value) => (typeof value === "number" ? number(value) : String(value));

export const number = (value) => format("number", () => new Intl.NumberFormat(language)).format(value);

/** Arabic-Indic and Persian digits as 0–9. */
export const westernDigits = (text) => text.replace(/[٠-٩۰-۹]/g, (digit) => String(digit.charCodeAt(0) & 0xf));

/** A language's name in the page's language: Arabic, arabe. */
export const languageName = (code) => format("language", () => new Intl.DisplayNames([language], { type: "language" })).of(code);

/** Times as they stand on the wall of a clinic and in its texts: 10:40, 14:05. */
const TIME = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };

/** 10:40 */
export const clockTime = (iso) => dateFormat("time", TIME).format(new Date(iso));

/** The hour of day on the clinic's clock, 0–23, in digits that count in every language. */
export const hourOf = (iso) =>
  Number(new Intl.DateTimeFormat("en", { hour: "2-digit", hourCycle: "h23", timeZone: zone }).format(new Date(iso)));

/** Minutes after midnight on the clinic's clock. */
export const minuteOf = (iso) => {
  const [hour, minute] = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone }).format(new Date(iso)).split(":");
  return Number(hour) * 60 + Number(minute);
};

const SHORT_DATE = { weekday: "short", day: "numeric", month: "short" };
const LONG_DATE = { weekday: "long", day: "numeric", month: "long" };

/** Tue 3 Mar, of an instant */
export const shortDate = (iso) => dateFormat("date", SHORT_DATE).format(new Date(iso));

/** Tuesday 3 March, of an instant */
export const longDate = (iso) => dateFormat("long", LONG_DATE).format(new Date(iso));

/** 3 Mar 2026, of an instant */
export const shortDay = (iso) => dateFormat("day", { day: "numeric", month: "short", year: "numeric" }).format(new Date(iso));

/** Tue 3 Mar, 10:40 */
export const dateAndTime = (iso) =>
  dateFormat("both", { weekday: "short", day: "numeric", month: "short", ...TIME }).format(new Date(iso));

/** Tue 3 Mar, 10:40:07 */
export const exactTime = (iso) =>
  dateFormat("exact", { weekday: "short", day: "numeric", month: "short", ...TIME, second: "2-digit" }).format(new Date(iso));

/** 3 Feb 1980, of a calendar date without a time (1980-02-03): no time zone may move it to the day beside. */
export const birthDate = (day) => dateFormat("birth", { day: "numeric", month: "short", year: "numeric" }, "UTC").format(new Date(day));

/** Tue 3 Mar, of a calendar date */
export const shortDateOf = (day) => dateFormat("date-of", SHORT_DATE, "UTC").format(new Date(day));

/** Tuesday 3 March, of a calendar date */
export const longDateOf = (day) => dateFormat("long-of", LONG_DATE, "UTC").format(new Date(day));

/** The clinic's calendar day (YYYY-MM-DD) of an instant. */
export const dayOf = (milliseconds) =>
  new Intl.DateTimeFormat("sv-SE", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" }).format(
    new Date(milliseconds),
  );

/** Beyond this many minutes nobody counts in minutes. */
const IN_HOURS = 120;

/** "about 15–25 min", "up to 25 min" or "about 5–6 h" from an estimate of two instants; null when there is none. */
export function aboutRange(estimate, now) {
  if (!estimate) return null;
  const minutes = (iso) => Math.max(0, Math.round((Date.parse(iso) - now) / 60_000 / 5) * 5);
  const from = minutes(estimate.from);
  const to = Math.max(from, minutes(estimate.to));
  if (to === 0) return t("estimate.soon");
  if (to > IN_HOURS) return aboutHours(Math.floor(from / 60), Math.ceil(to / 60));
  if (from === to) return t("estimate.about", { minutes: to });
  return from === 0 ? t("estimate.up_to", { minutes: to }) : t("estimate.range", { from, to });
}

function aboutHours(from, to) {
  if (from === to) return t("estimate.about_hours", { hours: to });
  return from === 0 ? t("estimate.up_to_hours", { hours: to }) : t("estimate.range_hours", { from, to });
}

const formats = new Map();
const format = (key, make) => {
  const cacheKey = `${language}:${key}`;
  if (!formats.has(cacheKey)) formats.set(cacheKey, make());
  return formats.get(cacheKey);
};
const dateFormat = (key, options, timeZone = zone) =>
  format(key, () => new Intl.DateTimeFormat(language, { ...options, timeZone }));
