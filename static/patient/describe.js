/** What a ticket's page says about each state. Pure; the server's twin is `handlers/ticket_page.py`. */

import { aboutRange, t } from "../base/i18n.js";
import { roomName } from "../base/labels.js";

/** @returns {{headline: string, detail: string, where: string}} */
export function describe(ticket, now) {
  const room = roomName(ticket.room);
  const where = [ticket.doctor, room].filter(Boolean).join(" · ");
  if (ticket.state !== "waiting") return { headline: t(`ticket.${ticket.state}`), detail: t(`ticket.${ticket.state}_detail`, { room }), where };
  const ahead = Math.max(0, (ticket.position ?? 1) - 1);
  const headline = ahead ? t("ticket.before_you", { count: ahead }) : t("ticket.you_are_next");
  return { headline, detail: aboutRange(ticket.estimate, now) ?? "", where };
}
