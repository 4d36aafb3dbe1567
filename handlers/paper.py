"""A ticket on paper: the code, the doctor, and a picture that leads to the live page.

Printed from the browser on a receipt roll or an A6 sheet; `static/patient/paper.js` opens the print dialog.
"""

from __future__ import annotations

from handlers.pages import QrHandler, TicketPage
from handlers.ticket_page import describe
from server.errors import NotFound

SIZES = ("80mm", "a6")


class TicketPaper(TicketPage):
    """The ticket as it is printed: `?size=80mm` (the default) or `a6`."""

    async def get(self, ticket_id: str = "") -> None:  # type: ignore[override]
        """404 for an unknown ticket."""
        self.services.health.require_started()
        ticket = await self.find(ticket_id)
        if ticket is None:
            raise NotFound("There is no such ticket.")
        now, zone = self.services.clock.now(), self.services.clinic_time.zone
        asked = self.get_query_argument("size", SIZES[0])
        self.show(
            "static/patient/paper.html",
            ticket=ticket,
            words=describe(ticket, now, self.say, zone),
            now=now.astimezone(zone),
            size=asked if asked in SIZES else SIZES[0],
            sizes=SIZES,
            reachable=self.services.settings.public_url is not None,
        )


class TicketCodeHandler(QrHandler):
    """Leads a phone to the ticket's live page; only for tickets there are."""

    async def get(self, ticket_id: str) -> None:
        ticket = await self.services.queues.ticket(ticket_id, staff=False)
        self.draw(f"/t/{ticket['id']}")


routes = [
    ("/t/{ticket_id}/print", TicketPaper),
    ("/t/{ticket_id}/qr.svg", TicketCodeHandler),
]
