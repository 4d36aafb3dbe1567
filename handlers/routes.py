"""Joins the routes of all handlers, and holds them against the permission table before anything starts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from tornado.routing import URLSpec
from tornado.web import RequestHandler
from tornado.websocket import WebSocketHandler

from handlers import (
    appointments,
    audit,
    clinic,
    closures,
    displays,
    doctors,
    duplicates,
    health,
    imports,
    live,
    notifications,
    openapi,
    pages,
    paper,
    patient_export,
    patients,
    queues,
    statistics,
    tickets,
    tokens,
    twilio,
    unreached,
    users,
)
from handlers.operations import operations
from handlers.services import Services
from server.accounts.roles import PERMISSIONS

Route = tuple[str, type[RequestHandler]] | tuple[str, type[RequestHandler], dict[str, Any]]

_PARTS: Final = (
    tokens,
    users,
    duplicates,  # before the patients, whose ids its address would be taken for
    patients,
    patient_export,
    imports,
    doctors,
    appointments,
    queues,
    tickets,
    unreached,
    notifications,
    twilio,
    displays,
    clinic,
    closures,
    audit,
    statistics,
    live,
    health,
    openapi,
    paper,
    pages,
)


def all_routes() -> list[Route]:
    """Every route of the product, in the order of the files above."""
    return [route for part in _PARTS for route in part.routes]


def entries(routes: Sequence[Route]) -> Iterator[str]:
    """The name of every operation in the permission table: `POST /api/enqueue/`, `WS /ws/console/`."""
    for pattern, handler, *_ in routes:
        if issubclass(handler, WebSocketHandler):
            yield f"WS {pattern}"
            continue
        described = [method for method, _ in operations(handler)]
        yield from (f"{method} {pattern}" for method in described or ["GET"])


def check_permissions(routes: Sequence[Route]) -> None:
    """Raises RuntimeError where a route has no permission, or a permission no route, or a route stands twice."""
    found = list(entries(routes))
    faults = [f"{name} has no entry in the permission table" for name in found if name not in PERMISSIONS]
    faults += [f"{name} is in the permission table and has no route" for name in PERMISSIONS if name not in found]
    faults += [f"{name} is routed twice" for name in sorted({name for name in found if found.count(name) > 1})]
    if faults:
        raise RuntimeError("routes and permissions differ: " + "; ".join(faults))


def url_specs(routes: Sequence[Route], services: Services) -> list[URLSpec]:
    """What Tornado matches; the trailing slash may be there or not.

    `{name}` is one segment, `{name!}` one without a dot, which is no file, and `{name*}` the rest.
    """
    return [
        URLSpec(_regex(pattern), handler, {"services": services, "pattern": pattern, **dict(*options)})
        for pattern, handler, *options in routes
    ]


def _regex(pattern: str) -> str:
    parts = re.split(r"(\{\w+[*!]?\})", pattern.rstrip("/") if pattern != "/" else pattern)
    regex = "".join(_group(part) if part.startswith("{") else re.escape(part) for part in parts)
    return regex if pattern == "/" or "*" in pattern else regex + "/?"


def _group(part: str) -> str:
    name = part.strip("{*!}")
    matches = {"*": ".+", "!": "[^/.]+"}.get(part[-2], "[^/]+")
    return f"(?P<{name}>{matches})"
