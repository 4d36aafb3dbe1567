"""The pages for people: HTML in the reader's language under a strict policy, and the files they load.

`/t/<ticket_id>` is complete without JavaScript and renews itself; the other pages are shells that their
modules fill. Says nothing of its own: every word is in `static/i18n`.
"""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path
from typing import Any, Final

import segno
from tornado.template import Loader
from tornado.web import HTTPError, RequestHandler

from handlers.assets import AssetHandler, Assets
from handlers.base import WiredHandler
from handlers.problems import prefers_json, problem_of
from handlers.services import Services
from handlers.texts import Texts, choose_language, direction
from handlers.ticket_page import describe
from server.displays.pairing import is_code
from server.errors import NotFound

ROOT: Final = Path(__file__).resolve().parent.parent
STATIC: Final = ROOT / "static"
KIOSK: Final = ROOT / "kiosk"
# What the TV page is made of.
PAGES: Final = (KIOSK, STATIC / "base", STATIC / "i18n")

# No inline script or style anywhere; sockets and calls to this server only.
POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)


@cache
def texts() -> Texts:
    """The language files, read once."""
    return Texts(STATIC / "i18n")


@cache
def templates() -> Loader:
    """The templates of `static/` and `kiosk/`, compiled once; `static/` and `kiosk/` are their names' first part."""
    return Loader(str(ROOT))


def language_of(handler: RequestHandler) -> str:
    """The reader's language: asked for in the address, chosen before, or the browser's."""
    asked = handler.request.query_arguments.get("lang", [b""])[-1].decode(errors="replace")
    return choose_language(asked or handler.get_cookie("lang"), handler.request.headers.get("Accept-Language", ""))


def rendered(services: Services, template: str, language: str, **values: object) -> bytes:
    """`template` in `language`; it has `say` for its sentences."""

    def say(key: str, **words: object) -> str:
        return texts().say(language, key, **words)

    page: bytes = (
        templates()
        .load(template)
        .generate(
            lang=language,
            direction=direction(language),
            clinic=services.clinic.settings.name,
            release=services.release,
            say=say,
            **values,
        )
    )
    return page


class PageHandler(WiredHandler):
    """A page rendered from one template."""

    def initialize(self, services: Services, pattern: str, **options: Any) -> None:
        super().initialize(services, pattern)
        self._template: str = options.get("template", "")
        self.language = language_of(self)

    def set_default_headers(self) -> None:
        super().set_default_headers()
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Content-Security-Policy", POLICY)
        self.set_header("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
        self.set_header("Cache-Control", "private, no-cache")
        self.set_header("Vary", "Accept-Language, Cookie")

    def get(self, **_: str) -> None:
        self.show(self._template)

    def head(self, **kwargs: str) -> Any:
        return self.get(**kwargs)

    def show(self, template: str, **values: object) -> None:
        """Render `template` in the reader's language."""
        self.write(rendered(self.services, template, self.language, **values))

    def say(self, key: str, **values: object) -> str:
        """A sentence in the reader's language."""
        return texts().say(self.language, key, **values)

    def compute_etag(self) -> str | None:
        return RequestHandler.compute_etag(self)

    @property
    def speaks_to_people(self) -> bool:
        """Whether a refusal is a page too: for readers in a browser, not for programs."""
        reads = self.request.method in ("GET", "HEAD")
        return reads and not prefers_json(self.request.headers.get("Accept", ""))

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        if not self.speaks_to_people:
            super().write_error(status_code, **kwargs)
            return
        problem = problem_of((kwargs.get("exc_info") or (None, None, None))[1], status_code)
        self.set_status(problem.status)
        if problem.retry_after is not None:
            self.set_header("Retry-After", str(problem.retry_after))
        reason = "missing" if problem.status == 404 else "busy" if problem.status == 503 else "broken"
        self.show("static/base/error.html", reason=reason)
        self.finish()


class TicketPage(PageHandler):
    """One's place in the queue, for whoever holds the link."""

    async def get(self, ticket_id: str = "") -> None:  # type: ignore[override]
        """404 with a friendly page for an unknown ticket; a moved one leads on to where it went."""
        self.services.health.require_started()
        ticket = await self.find(ticket_id)
        if ticket is None and not self.speaks_to_people:
            raise NotFound("There is no such ticket.")
        if ticket is None:
            self.set_status(404)
            self.show("static/base/error.html", reason="no_ticket")
            return
        if ticket["moved_to"] and await self.find(ticket["moved_to"]):
            self.redirect(f"/t/{ticket['moved_to']}", status=303)
            return
        now = self.services.clock.now()
        words = describe(ticket, now, self.say, self.services.clinic_time.zone)
        simulated = not self.services.settings.sends_sms
        self.show("static/patient/ticket.html", ticket=ticket, words=words, simulated=simulated)

    async def find(self, ticket_id: str) -> dict[str, Any] | None:
        """The public ticket; None while the other queue of a transfer has not taken it in yet, or for no ticket."""
        try:
            return await self.services.queues.ticket(ticket_id, staff=False)
        except NotFound:
            return None


class QrHandler(WiredHandler):
    """A code that a screen shows, as a picture that leads a phone to where it counts; nothing but such codes."""

    def draw(self, path: str) -> None:
        """The QR code of an address of this server."""
        drawing = io.BytesIO()
        segno.make(f"{self.services.public_url}{path}", error="m").save(
            drawing, kind="svg", border=2, xmldecl=False, svgns=True, dark="#000", light="#fff"
        )
        self.set_header("Content-Type", "image/svg+xml")
        self.set_header("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
        self.set_header("Cache-Control", "no-store")
        self.write(drawing.getvalue())


class PairingCodeHandler(QrHandler):
    """Leads staff to the console, where the code of an unpaired screen is typed in."""

    def get(self, code: str) -> None:
        if not is_code(code):
            raise HTTPError(404)
        self.draw(f"/console/#/pair/{code}")


class JoinCodeHandler(QrHandler):
    """Leads patients in the waiting room to the page where they join."""

    def get(self, code: str) -> None:
        if not self.services.join_codes.accepts(code, self.services.clock.now()):
            raise HTTPError(404)
        self.draw(f"/?join={code}")


class IconHandler(AssetHandler):
    """The address browsers ask for of their own accord."""

    def get(self, path: str = "base/icon.svg") -> None:
        super().get(path)

    head = get


def _page(template: str) -> dict[str, str]:
    return {"template": template}


routes = [
    ("/", PageHandler, _page("static/patient/index.html")),
    ("/t/{ticket_id}", TicketPage),
    ("/console/", PageHandler, _page("static/console/index.html")),
    ("/admin/", PageHandler, _page("static/admin/index.html")),
    ("/kiosk/", PageHandler, _page("kiosk/index.html")),
    ("/kiosk/{display_id!}", PageHandler, _page("kiosk/index.html")),
    ("/kiosk/qr/{code}.svg", PairingCodeHandler),
    ("/kiosk/join/{code}.svg", JoinCodeHandler),
    ("/kiosk/{path*}", AssetHandler, {"assets": Assets(KIOSK)}),
    ("/favicon.ico", IconHandler, {"assets": Assets(STATIC)}),
    ("/static/{path*}", AssetHandler, {"assets": Assets(STATIC)}),
]
