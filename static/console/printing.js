/** A ticket on paper: opens its page in a small window, which prints and goes away. */

const WINDOW = "popup,width=480,height=760";
const SIZE = "paper-size";

/** @param {{id: string, patient?: {language?: string}}} ticket in the patient's language, on the paper used last */
export function printTicket(ticket) {
  const wanted = new URLSearchParams({ size: localStorage.getItem(SIZE) ?? "80mm" });
  if (ticket.patient?.language) wanted.set("lang", ticket.patient.language);
  open(`/t/${encodeURIComponent(ticket.id)}/print?${wanted}`, "ticket-paper", WINDOW)?.focus();
}
