/** Who did what, newest first. Rows hold ids, never a phone number or a patient's name. */

import { h } from "../base/dom.js";
import { dateAndTime, t } from "../base/i18n.js";
import { roleName } from "../base/labels.js";
import { listView } from "./list.js";

export const auditView = () =>
  listView({
    path: "/api/audit/",
    empty: t("audit.none"),
    name: (row) => row.action,
    columns: [
      { label: t("list.time"), cell: (row) => dateAndTime(row.at) },
      { label: t("audit.who"), cell: (row) => [row.actor.name, roleName(row.actor.role)].filter(Boolean).join(" · ") },
      { label: t("audit.what"), cell: (row) => row.action },
      { label: t("audit.subject"), cell: (row) => h("span", { class: "id", text: row.subject_id }) },
      { label: t("audit.detail"), cell: (row) => Object.entries(row.detail).map(([name, value]) => `${name}: ${value}`).join(", ") },
    ],
  });
