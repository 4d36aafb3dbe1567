/** Waiting-room displays: what each one shows, how it is, and what it is asked to do. */

import { api } from "../base/api.js";
import { displayFields } from "../base/display-form.js";
import { h } from "../base/dom.js";
import { buildForm, changed } from "../base/forms.js";
import { clockTime, dateAndTime, t } from "../base/i18n.js";
import { mark } from "../base/labels.js";
import { clinic } from "../base/page.js";
import { confirmDialog, openDialog, toast } from "../base/overlays.js";
import { attempt } from "./attempt.js";
import { listView } from "./list.js";

const RELOAD = 15_000;

export function displaysView() {
  const names = new Map();
  const known = api.all("/api/doctors/").then((doctors) => doctors.forEach((doctor) => names.set(doctor.id, doctor.name)));
  const doctorsOf = (display) => {
    const place = h("span");
    known.then(() => (place.textContent = display.doctor_ids.map((id) => names.get(id) ?? "–").join(", ")), () => null);
    return place;
  };
  const view = listView({
    path: "/api/displays/",
    empty: t("displays.none"),
    name: (display) => display.name,
    create: { label: t("displays.add"), open: (reload) => attempt(() => edit(null, reload)) },
    columns: [
      { label: t("displays.name"), cell: (display) => display.name },
      { label: t("admin.doctors"), cell: doctorsOf },
      { label: t("displays.state"), cell: stateOf },
    ],
    actions: (display, reload) => [
      { label: t("action.edit"), run: () => attempt(() => edit(display, reload)) },
      { label: t("displays.ask_identify"), run: () => ask(display, "identify") },
      { label: t("displays.ask_reload"), run: () => ask(display, "reload") },
      { label: t("action.remove"), danger: true, run: () => remove(display, reload) },
    ],
  });
  const timer = setInterval(() => view.reload(), RELOAD);
  return { ...view, leave: () => clearInterval(timer) };
}

/** In words what is wrong with a screen, or that all is well. */
function stateOf({ health, silent, last_seen: seen }) {
  const lines = [];
  if (!health) lines.push(["attention", t("displays.never_heard")]);
  else if (silent) lines.push(["attention", t("displays.silent", { time: dateAndTime(seen) })]);
  else {
    lines.push(["room", t("displays.well")]);
    if (health.sound === "blocked") lines.push(["attention", t("displays.sound_blocked")]);
    if (!health.visible) lines.push(["attention", t("displays.hidden")]);
    if (health.version !== clinic.version) lines.push(["attention", t("displays.old_page")]);
  }
  const pixels = (length) => Math.round(length * health.ratio);
  const told = health && !silent ? `${t("displays.heard", { time: clockTime(seen) })} · ${pixels(health.width)} × ${pixels(health.height)}` : null;
  const size = told ? h("p", { class: "soft small", text: told }) : null;
  return h("div", {}, ...lines.map(([kind, text]) => h("p", {}, mark(`state-${kind}`, kind === "room" ? "check" : "alert", text))), size);
}

/** A screen that shows a code becomes this display; without one its address is told. */
const codeField = () => ({ name: "code", label: t("displays.code"), hint: t("displays.code_optional"), attributes: { autocomplete: "off", autocapitalize: "characters", spellcheck: "false" } });

async function edit(display, reload) {
  const doctors = await api.all("/api/doctors/");
  const form = buildForm({
    fields: [...(display ? [] : [codeField()]), ...displayFields(display, doctors)],
    submit: t("action.save"),
    onSubmit: async ({ code, ...values }, key) => {
      let made = null;
      if (display) await api.patch(`/api/displays/${display.id}/`, changed(display, values));
      else if (code) await api.post("/api/displays/pair/", { code, ...values }, key);
      else made = await api.post("/api/displays/", values, key);
      dialog.close();
      if (made) showAddress(made);
      else toast(t("done.saved", { name: values.name }));
      reload();
    },
  });
  const dialog = openDialog(display ? display.name : t("displays.add"), form);
}

/** The token is told once: its address is opened on the screen, or the screen is connected by its code instead. */
function showAddress(display) {
  const address = `${location.origin}/kiosk/${display.id}#${display.token}`;
  const field = h("input", { type: "text", readonly: true, value: address, "aria-label": t("displays.address"), on: { focus: ({ target }) => target.select() } });
  openDialog(display.name, h("p", { text: t("displays.address_once") }), field, h("p", {}, h("a", { class: "button", href: address, target: "_blank", rel: "noopener", text: t("displays.open") })));
}

async function ask(display, what) {
  await attempt(async () => {
    await api.post(`/api/displays/${display.id}/${what}/`);
    toast(t(`displays.asked_${what}`, { name: display.name }));
  });
}

async function remove(display, reload) {
  if (!(await confirmDialog(t("displays.remove_title", { name: display.name }), t("displays.remove_text"), t("action.remove")))) return;
  await attempt(async () => {
    await api.delete(`/api/displays/${display.id}/`);
    toast(t("done.removed", { name: display.name }));
    reload();
  });
}
