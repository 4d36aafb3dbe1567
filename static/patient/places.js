/** The places the patient who is logged in holds in queues now. */

import { api } from "../base/api.js";

/** @returns {Promise<object[]>} tickets; one that has just ended is left out */
export async function openTickets() {
  const me = await api.get("/api/me/");
  const found = await Promise.all(me.tickets.map((id) => api.get(`/api/tickets/${id}/`)));
  return found.filter((ticket) => !ticket.ended_as);
}
