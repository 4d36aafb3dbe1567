"""The floors of DESIGN 1, kept by a test: who imports whom, who may read what, and how long a file grows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.architecture import LATE_IMPORTS, ROOT, cycles, faults, floor_of, imports_of, product_modules

# A file past 400 lines is about more than one noun, unless a reason stands here.
LONG_FILES: dict[str, str] = {}
HARD_LOOK = 400

PAGES = [path for folder in ("static", "kiosk") for path in sorted((ROOT / folder).rglob("*")) if path.is_file()]


def test_no_floor_is_broken() -> None:
    found = faults(product_modules())
    assert not found, "\n".join(found)


def test_no_module_imports_itself_around_a_corner() -> None:
    assert cycles(product_modules()) == []


def test_every_late_import_listed_is_still_there() -> None:
    modules = product_modules()
    late = {(name, item.module) for name, source in modules.items() for item in imports_of(source) if item.late}
    assert set(LATE_IMPORTS) <= late


@pytest.mark.parametrize(
    ("module", "line", "complaint"),
    [
        ("server.queue.rules", "from server.queue.store import save", "above it on STORE"),
        ("server.queue.rules", "import server.queue.service", "above it on SERVICE"),
        ("server.queue.rules", "import asyncio", "a pure module imports asyncio"),
        ("server.queue.rules", "from os import path", "a pure module imports os"),
        ("server.queue.anything", "import time", "a pure module imports time"),
        ("server.queue.rules", "from datetime import datetime\nX = datetime.now", "reads the clock"),
        ("server.queue.service", "from server.patients.service import PatientService", "hand it in"),
        ("server.queue.service", "from handlers.base import ApiHandler", "above it on HANDLERS"),
        ("server.queue.service", "import tornado.web", "tornado.web belongs to"),
        ("server.queue.service", "from tornado import web", "tornado.web belongs to"),
        ("server.queue.store", "from motor.motor_tornado import MotorClient", "motor belongs to"),
        ("server.queue.store", "import motor", "motor belongs to"),
        ("server.sms.outbox", "from twilio.rest import Client", "twilio belongs to"),
        ("server.app", "import os\nX = os.environ", "reads the environment"),
        ("server.queue.model", "def f() -> None:\n    import json", "inside a function"),
        ("server.queue.model", "from . import rules", "relative import"),
        ("server.newcomer", "X = 1", "has no floor"),
    ],
)
def test_a_broken_floor_is_seen(module: str, line: str, complaint: str) -> None:
    house = {
        "server.queue.store": '"""Stores."""',
        "server.queue.service": '"""Serves."""',
        "server.patients.service": '"""Serves."""',
        "handlers.base": '"""Answers."""',
    }
    found = faults(house | {module: f'"""Says what it is."""\n{line}\n'})
    assert [fault for fault in found if complaint in fault and fault.startswith(module)], found


def test_a_missing_docstring_is_seen() -> None:
    assert faults({"server.queue.rules": "X = 1"}) == ["server.queue.rules: opens without a docstring"]


def test_a_ring_is_seen() -> None:
    ring = {"server.queue.rules": "import server.queue.model", "server.queue.model": "import server.queue.rules"}
    assert cycles(ring) == ["server.queue.model → server.queue.rules → server.queue.model"]


def test_what_floors_allow_is_allowed() -> None:
    house = {
        "server.queue.model": '"""Values."""\nfrom datetime import datetime',
        "server.queue.rules": '"""Rules."""\nfrom server.queue.model import Ticket',
        "server.queue.service": '"""Serves."""\nimport asyncio\nfrom server.queue.rules import apply',
        "handlers.queues": '"""Answers."""\nimport tornado.web\nfrom server.queue.service import QueueService',
    }
    assert faults(house) == []
    assert floor_of("server.queue.model") is not None


def test_no_file_outgrows_a_hard_look() -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for folder, suffix in (
            ("config", ".py"),
            ("server", ".py"),
            ("handlers", ".py"),
            ("benchmarks", ".py"),
            ("static", ".js"),
            ("kiosk", ".js"),
        )
        for path in (ROOT / folder).rglob(f"*{suffix}")
    }
    longest = sorted(lengths.items(), key=lambda item: -item[1])[:10]
    print(*(f"{lines:5} {name}" for name, lines in longest), sep="\n")
    assert {name for name, lines in lengths.items() if lines > HARD_LOOK} == set(LONG_FILES)


def test_pages_hold_no_python() -> None:
    assert [path for path in PAGES if path.suffix == ".py"] == []


@pytest.mark.parametrize("path", [p for p in PAGES if p.suffix in (".html", ".js", ".css")], ids=lambda p: p.name)
def test_pages_need_nothing_from_the_internet(path: Path) -> None:
    addresses = re.findall(r"https?://[^\s\"'`)]+", path.read_text(encoding="utf-8"))
    assert [address for address in addresses if not address.startswith("http://www.w3.org/")] == []


@pytest.mark.parametrize("path", [p for p in PAGES if p.suffix == ".html"], ids=lambda p: p.name)
def test_pages_keep_to_the_strict_policy(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"<script(?![^>]*\bsrc=)", text), "an inline script"
    assert not re.search(r"<style\b|\sstyle=", text), "an inline style"
    assert not re.search(r"\son[a-z]+=\"", text), "an inline event handler"
