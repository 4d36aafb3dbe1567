"""Everything that is written into the audit has words on its page."""

from __future__ import annotations

import inspect
import json
import re

from handlers.base import ApiHandler, _action
from handlers.operations import operations
from handlers.routes import all_routes
from server.accounts.roles import PERMISSIONS, STAFF, Open
from tests.architecture import ROOT, product_modules

# What is passed to the audit by name: `self.audit("add doctor", …)`, `record_soon(actor, "import ended", …)`.
NAMED = re.compile(r"""(?:\.audit\(\s*|\.record(?:_soon)?\([\w. ]+?, )["']([^"\n]+)["'],""")
SWITCHED = {"change user", "switch user on", "switch user off"}


def written() -> set[str]:
    """Every action there is: those named in the code, and those that a route leaves by itself."""
    found = {action for source in product_modules().values() for action in NAMED.findall(source)} | SWITCHED
    for pattern, handler, *_ in all_routes():
        if not issubclass(handler, ApiHandler) or not handler.leaves_trace:
            continue
        for method, _operation in operations(handler):
            permission = PERMISSIONS[f"{method} {pattern}"]
            staff = not isinstance(permission, Open) and permission & STAFF
            by_itself = ".audit" not in inspect.getsource(getattr(handler, method.lower()))
            if method != "GET" and staff and by_itself:
                found.add(_action(method, pattern))
    return found


def test_every_action_has_words() -> None:
    page = (ROOT / "static/admin/audit-actions.js").read_text(encoding="utf-8")
    listed = set(re.findall(r'^  "(.+)",$', page, re.MULTILINE))
    texts = json.loads((ROOT / "static/i18n/en.json").read_text(encoding="utf-8"))
    assert written() - listed == set()
    assert [action for action in listed if f"audit.action.{re.sub('[^a-z]+', '_', action)}" not in texts] == []
