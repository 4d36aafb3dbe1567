/** Accounts: who may log in, as what, new passwords, and switching them off. */

import { api } from "../base/api.js";
import { buildForm, changed, given } from "../base/forms.js";
import { t } from "../base/i18n.js";
import { mark, roleName } from "../base/labels.js";
import { confirmDialog, openDialog, toast } from "../base/overlays.js";
import { attempt } from "./attempt.js";
import { listView } from "./list.js";

const ROLES = ["receptionist", "doctor", "admin"];
const roleOptions = (roles) => roles.map((value) => ({ value, label: roleName(value) }));

export const usersView = () =>
  listView({
    path: "/api/users/",
    empty: t("users.none"),
    name: (user) => user.username,
    filters: [{ name: "role", label: t("user.role"), type: "select", options: [{ value: "", label: t("list.all") }, ...roleOptions([...ROLES, "patient"])] }],
    create: { label: t("users.add"), open: (reload) => attempt(() => edit(null, reload)) },
    columns: [
      { label: t("login.username"), cell: (user) => user.username },
      { label: t("user.name"), cell: (user) => user.name },
      { label: t("user.role"), cell: (user) => roleName(user.role) },
      { label: t("list.state"), cell: stateOf },
    ],
    actions: (user, reload) => [
      ...(user.role === "patient" ? [] : [{ label: t("action.edit"), run: () => attempt(() => edit(user, reload)) }]),
      { label: t("users.set_password"), run: () => setPassword(user) },
      user.active
        ? { label: t("users.switch_off"), danger: true, run: () => switchOff(user, reload) }
        : { label: t("users.switch_on"), run: () => switchTo(user, true, reload) },
      { label: t("action.remove"), danger: true, run: () => remove(user, reload) },
    ],
  });

function stateOf(user) {
  if (!user.active) return mark("state-stopped", "close", t("user.switched_off"));
  return user.must_change_password ? mark("state-attention", "clock", t("user.first_password")) : t("user.active");
}

async function switchOff(user, reload) {
  if (await confirmDialog(t("users.switch_off_title", { name: user.username }), t("users.switch_off_text"), t("users.switch_off"))) await switchTo(user, false, reload);
}

const switchTo = (user, active, reload) =>
  attempt(async () => {
    await api.patch(`/api/users/${user.id}/`, { active });
    toast(t(active ? "users.switched_on" : "users.switched_off", { name: user.username }));
    reload();
  });

async function edit(user, reload) {
  const doctors = await api.all("/api/doctors/");
  const options = [{ value: "", label: t("list.nobody") }, ...doctors.map((doctor) => ({ value: doctor.id, label: doctor.name }))];
  const password = { name: "password", label: t("login.password"), type: "password", required: true, hint: t("login.password_hint"), attributes: { autocomplete: "new-password" } };
  const form = buildForm({
    fields: [
      { name: "username", label: t("login.username"), required: true, value: user?.username, attributes: { autocomplete: "off" } },
      { name: "name", label: t("user.name"), value: user?.name },
      { name: "role", label: t("user.role"), type: "select", required: true, options: roleOptions(ROLES), value: user?.role },
      { name: "doctor_id", label: t("user.doctor"), type: "select", hint: t("user.doctor_hint"), options, value: user?.doctor_id ?? "" },
      ...(user ? [] : [password, { name: "must_change_password", label: t("user.must_change"), type: "checkbox", value: true }]),
    ],
    submit: t("action.save"),
    onSubmit: async (values, key) => {
      const body = given({ ...values, doctor_id: values.role === "doctor" ? values.doctor_id : "" });
      if (user) await api.patch(`/api/users/${user.id}/`, changed(user, body));
      else await api.post("/api/users/", body, key);
      dialog.close();
      toast(t("done.saved", { name: values.username }));
      reload();
    },
  });
  const dialog = openDialog(user ? user.username : t("users.add"), form);
}

function setPassword(user) {
  const form = buildForm({
    fields: [{ name: "password", label: t("users.new_password"), type: "password", required: true, hint: t("users.one_time_hint"), attributes: { autocomplete: "new-password" } }],
    submit: t("action.save"),
    onSubmit: async (values, key) => {
      await api.post(`/api/users/${user.id}/password/`, values, key);
      dialog.close();
      toast(t("users.password_set", { name: user.username }));
    },
  });
  const dialog = openDialog(t("users.set_password_title", { name: user.username }), form);
}

async function remove(user, reload) {
  if (!(await confirmDialog(t("users.remove_title", { name: user.username }), t("users.remove_text"), t("action.remove")))) return;
  await attempt(async () => {
    await api.delete(`/api/users/${user.id}/`);
    toast(t("done.removed", { name: user.username }));
    reload();
  });
}
