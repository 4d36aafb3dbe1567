/** The clinic's own settings: its name, the rules of the queue with what each does, which texts are sent, what is kept. */

import { api } from "../base/api.js";
import { serverNow } from "../base/clock.js";
import { h } from "../base/dom.js";
import { buildForm, changed } from "../base/forms.js";
import { clockTime, t } from "../base/i18n.js";
import { kindName } from "../base/labels.js";
import { fill } from "../base/page.js";
import { toast } from "../base/overlays.js";
import { explain } from "../base/problems.js";
import { closuresControl } from "./closures.js";
import { holidayFields, holidaysKept } from "./holidays.js";
import { tellOfBooked } from "./still-booked.js";

const RULES = ["late_grace_minutes", "max_wait_normal_minutes", "max_wait_priority_minutes"];
const NOTICES = ["soon_ahead", "reminder_hours"];
const QUIET = ["quiet_from", "quiet_until"];
const KEPT = ["texts_personal_days", "texts_kept_days", "visits_personal_days", "audit_kept_days"];

export function settingsView() {
  const element = h("div", { class: "card narrow-form" });
  fill(element, async () => settingsForm(await api.get("/api/settings/")), explain);
  return { element };
}

function settingsForm(settings) {
  const kinds = Object.keys(settings.sms);
  const before = { ...settings, timezone: zoneOf(settings) };
  return buildForm({
    fields: [
      { name: "name", label: t("settings.name"), required: true, value: settings.name },
      zoneField(settings),
      ...section("settings.queue", RULES.map((name) => numberField(name, settings))),
      ...section("settings.calendar", [
        { name: "closed_days", label: t("settings.closed_days"), hint: t("settings.closed_days_hint"), plainLabel: true, control: closuresControl(settings.closed_days) },
        ...holidayFields(settings),
      ]),
      ...section("settings.texts", [
        ...NOTICES.map((name) => numberField(name, settings)),
        ...QUIET.map((name) => ({ name, label: t(`settings.${name}`), hint: t(`settings.${name}_hint`), type: "time", value: settings[name] })),
        { name: "sms", label: t("settings.sms"), plainLabel: true, control: kindsControl(kinds, settings.sms) },
      ]),
      { name: "announcements", section: t("settings.announcements"), label: t("settings.announcements_label"), hint: t("settings.announcements_hint"), plainLabel: true, control: linesControl(settings.announcements) },
      ...section("settings.security", [numberField("idle_lock_minutes", settings)]),
      ...section("settings.kept", KEPT.map((name) => numberField(name, settings))),
    ],
    submit: t("action.save"),
    onSubmit: async (values) => {
      await api.patch("/api/settings/", changesOf(before, values));
      Object.assign(before, values);
      toast(t("settings.saved"));
      await tellOfBooked([...values.closed_days, ...(await holidaysKept(values))], {});
    },
  });
}

/** Kinds of text are switched one by one; a region says nothing without its country. */
function changesOf(before, values) {
  const body = changed(before, values);
  if (body.sms) body.sms = changed(before.sms, body.sms);
  if (body.holidays_country !== undefined) body.holidays_region = values.holidays_region;
  return body;
}

/** The zone that is shown. What nobody has chosen is not chosen by saving something else. */
const zoneOf = ({ timezone, timezone_now: now, timezone_fixed: fixed }) => (fixed ? now : timezone || now);

/** The clock everything goes by. Another zone moves the service day, so that it counts from the server's next start. */
function zoneField(settings) {
  const { timezone_now: now, timezone_fixed: fixed } = settings;
  const zones = [...new Set(["UTC", now, zoneOf(settings), ...Intl.supportedValuesOf("timeZone")])].sort();
  const select = h("select", { disabled: fixed }, ...zones.map((zone) => h("option", { value: zone, text: zone.replaceAll("_", " ") })));
  select.value = zoneOf(settings);
  const time = clockTime(new Date(serverNow()).toISOString());
  const hint = [t("settings.zone_now", { zone: now, time }), t(fixed ? "settings.zone_fixed" : "settings.zone_next")].join(" ");
  return { name: "timezone", label: t("settings.zone"), hint, plainLabel: true, control: { element: select, read: () => select.value } };
}

function numberField(name, settings) {
  const [min, max] = settings.limits[name];
  return { name, label: t(`settings.${name}`), hint: t(`settings.${name}_hint`), type: "number", required: true, value: settings[name], attributes: { min, max } };
}

/** The fields with a heading before the first. */
const section = (heading, [first, ...rest]) => [{ ...first, section: t(heading) }, ...rest];

/** One announcement a line; those in one language only begin with it: `es: Cerrado el lunes`. */
function linesControl(announcements) {
  const element = h("textarea", { rows: 4 });
  element.value = announcements.map(({ text, language }) => (language ? `${language}: ${text}` : text)).join("\n");
  const read = () =>
    element.value
      .split("\n")
      .map((line) => line.trim())
      .filter(Boolean)
      .map((line) => {
        const [, language, text] = line.match(/^(en|es|fr|ar):\s*(.+)$/) ?? [null, null, line];
        return { text, language };
      });
  return { element, read };
}

function kindsControl(kinds, chosen) {
  const boxes = kinds.map((kind) => {
    const input = h("input", { type: "checkbox" });
    input.checked = chosen[kind];
    return { kind, input, element: h("label", { class: "check" }, input, h("span", { text: kindName(kind) })) };
  });
  const element = h("div", {}, ...boxes.map((box) => box.element));
  return { element, focusable: boxes[0].input, group: true, read: () => Object.fromEntries(boxes.map(({ kind, input }) => [kind, input.checked])) };
}
