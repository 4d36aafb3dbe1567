/** The code from the waiting-room screen: typed in, or brought along by whoever scanned it (`/?join=123456`). */

import { t } from "../base/i18n.js";

export const joinCodeField = () => ({
  name: "join_code",
  label: t("join.code"),
  hint: t("join.code_hint"),
  required: true,
  value: new URLSearchParams(location.search).get("join") ?? "",
  attributes: { autocomplete: "off", inputmode: "numeric" },
});
