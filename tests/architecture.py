"""Reads the product's imports with `ast` and says which of them break a floor (DESIGN 1).

A module imports from floors below, and from its own floor as `LEVEL_WITH` says. A module of a
package under `server/` that is not named here is pure: the strictest floor is the default, and
whoever needs more has to say so in this table.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from fnmatch import fnmatchcase
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PRODUCT = ("config", "server", "handlers")


class Floor(IntEnum):
    """From the ground up."""

    GROUND = 0
    PURE = 1
    STORAGE = 2
    STORE = 3
    SERVICE = 4
    HANDLERS = 5
    APP = 6


# First match wins; `server.<package>.<anything else>` is pure.
FLOORS: tuple[tuple[str, Floor], ...] = (
    ("config", Floor.GROUND),
    ("config.*", Floor.GROUND),
    ("server", Floor.GROUND),
    ("server.clock", Floor.GROUND),
    ("server.encoding", Floor.GROUND),
    ("server.errors", Floor.GROUND),
    ("server.ids", Floor.GROUND),
    ("server.metrics", Floor.PURE),
    ("server.health", Floor.STORE),
    ("server.storage", Floor.STORAGE),
    ("server.storage.*", Floor.STORAGE),
    ("server.*.store", Floor.STORE),
    ("server.accounts.passwords", Floor.STORE),
    ("server.accounts.tokens", Floor.STORE),
    ("server.audit.log", Floor.STORE),
    ("server.displays.health", Floor.STORE),
    ("server.live.desk", Floor.STORE),
    ("server.live.dispatch", Floor.STORE),
    ("server.live.hub", Floor.STORE),
    ("server.live.peers", Floor.STORE),
    ("server.sms.gateway", Floor.STORE),
    ("server.queue.line", Floor.SERVICE),
    ("server.queue.lines", Floor.SERVICE),
    ("server.queue.truth", Floor.SERVICE),
    ("server.queue.upkeep", Floor.SERVICE),
    ("server.queue.relay", Floor.SERVICE),
    ("server.queue.showcase", Floor.SERVICE),
    ("server.*.service", Floor.SERVICE),
    ("server.accounts.last_admin", Floor.SERVICE),
    ("server.accounts.sessions", Floor.SERVICE),
    ("server.displays.boards", Floor.SERVICE),
    ("server.appointments.reminders", Floor.SERVICE),
    ("server.appointments.checking_in", Floor.SERVICE),
    ("server.appointments.telling", Floor.SERVICE),
    ("server.imports.runner", Floor.SERVICE),
    ("server.patients.duplicates", Floor.SERVICE),
    ("server.patients.merging", Floor.SERVICE),
    ("server.*.retention", Floor.SERVICE),
    ("server.sms.courier", Floor.SERVICE),
    ("server.sms.poll", Floor.SERVICE),
    ("server.sms.receipts", Floor.SERVICE),
    ("server.sms.reconcile", Floor.SERVICE),
    ("server.sms.suppression", Floor.SERVICE),
    ("server.sms.resend", Floor.SERVICE),
    ("server.sms.taking_back", Floor.SERVICE),
    ("server.sms.outbox", Floor.SERVICE),
    ("server.sms.pump", Floor.SERVICE),
    ("handlers", Floor.HANDLERS),
    ("handlers.*", Floor.HANDLERS),
    ("server.__main__", Floor.APP),
    ("server.app", Floor.APP),
    ("server.cli", Floor.APP),
    ("server.copying", Floor.APP),
    ("server.demo", Floor.APP),
    ("server.first_accounts", Floor.APP),
    ("server.gauges", Floor.APP),
    ("server.jobs", Floor.APP),
    ("server.messenger", Floor.APP),
    ("server.people", Floor.APP),
    ("server.wiring", Floor.APP),
)

# Who may import what from outside: a library has one home, so that replacing it is one file's change.
HOMES: dict[str, tuple[str, ...]] = {
    "apscheduler": ("server.jobs",),
    "bcrypt": ("server.accounts.passwords",),
    "bson": ("server.storage.*",),
    "jwt": ("server.accounts.tokens",),
    "motor": ("server.storage.mongo",),
    "phonenumbers": ("config.settings", "server.patients.phones"),
    "prometheus_client": ("server.metrics",),
    "pydantic": ("config.settings", "handlers.*", "server.cli"),
    "pydantic_settings": ("config.settings",),
    "pymongo": ("server.storage.*",),
    "sqlite3": ("server.storage.sqlite*",),
    "tornado.web": ("handlers.*", "server.app"),
    "tornado.websocket": ("handlers.*",),
    "twilio": ("server.sms.gateway", "server.sms.signature"),
}

# What a pure module cannot need: the loop, the clock, the disk, the network, chance, the log.
IMPURE = frozenset(
    {
        "asyncio",
        "concurrent",
        "http",
        "io",
        "logging",
        "multiprocessing",
        "os",
        "pathlib",
        "random",
        "secrets",
        "shutil",
        "signal",
        "socket",
        "ssl",
        "structlog",
        "subprocess",
        "tempfile",
        "threading",
        "time",
        "tornado",
        "urllib.request",
    }
)
CLOCK_READS = frozenset({"now", "utcnow", "today"})

# Imports inside a function, each with the reason it stands there.
LATE_IMPORTS: dict[tuple[str, str], str] = {}


@dataclass(frozen=True, slots=True)
class Import:
    """`module` at `line` of the importing module; `late` if it stands inside a function."""

    module: str
    line: int
    late: bool


def product_modules(root: Path = ROOT) -> dict[str, str]:
    """Dotted name → source of every Python file of the product."""
    modules = {}
    for folder in PRODUCT:
        for path in sorted((root / folder).rglob("*.py")):
            parts = path.relative_to(root).with_suffix("").parts
            modules[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path.read_text(encoding="utf-8")
    return modules


def floor_of(module: str) -> Floor | None:
    """The floor of a product module; None if it has no place yet."""
    for pattern, floor in FLOORS:
        if fnmatchcase(module, pattern):
            return floor
    return Floor.PURE if module.count(".") >= 1 and _package(module) != module else None


def _package(module: str) -> str:
    """`server.queue` of `server.queue.rules`; a module directly under `server` is its own package."""
    return ".".join(module.split(".")[:2])


def imports_of(source: str) -> Iterator[Import]:
    """Every absolute import, with `from a import b` counted as `a` and as `a.b`."""
    tree = ast.parse(source)
    inside = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
    }
    for node in ast.walk(tree):
        late = id(node) in inside
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(alias.name, node.lineno, late)
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                yield Import("." * node.level, node.lineno, late)
                continue
            yield Import(node.module or "", node.lineno, late)
            for alias in node.names:
                yield Import(f"{node.module}.{alias.name}", node.lineno, late)


def _within(module: str, name: str) -> bool:
    return module == name or module.startswith(name + ".")


def _floor_fault(importer: str, imported: str) -> str | None:
    here, there = floor_of(importer), floor_of(imported)
    if here is None or there is None or there < here:
        return None
    if there > here:
        return f"is on floor {here.name}, {imported} above it on {there.name}"
    if here in (Floor.STORE, Floor.SERVICE) and _package(importer) != _package(imported):
        return f"and {imported} are both on floor {here.name}: hand it in from server/app.py"
    return None


def faults(modules: Mapping[str, str]) -> list[str]:
    """One line per broken rule; empty when the house stands."""
    found = []
    for module, source in modules.items():
        if not source.strip():
            continue  # the empty __init__.py of a folder
        floor = floor_of(module)
        if floor is None:
            found.append(f"{module}: has no floor; give it one in tests/architecture.py")
            continue
        if not (ast.get_docstring(ast.parse(source)) or "").strip():
            found.append(f"{module}: opens without a docstring")
        for item in imports_of(source):
            where = f"{module}:{item.line}"
            if item.module.startswith("."):
                found.append(f"{where}: relative import")
            elif item.late and not any(
                (module, name) in LATE_IMPORTS for name in (item.module, item.module.rpartition(".")[0])
            ):
                found.append(f"{where}: imports {item.module} inside a function")
            if item.module in modules and item.module != module and (fault := _floor_fault(module, item.module)):
                found.append(f"{where}: {fault}")
            for library, homes in HOMES.items():
                if _within(item.module, library) and not any(fnmatchcase(module, home) for home in homes):
                    found.append(f"{where}: {library} belongs to {', '.join(homes)}")
            if floor is Floor.PURE and any(_within(item.module, name) for name in IMPURE):
                found.append(f"{where}: a pure module imports {item.module}")
        found.extend(f"{module}:{line}: {what}" for line, what in _calls(module, floor, source))
    return sorted(set(found))


def _calls(module: str, floor: Floor, source: str) -> Iterator[tuple[int, str]]:
    """Attribute uses that need no import of their own: the environment, and the clock in pure modules."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Name):
            continue
        if node.value.id == "os" and node.attr in ("environ", "getenv") and module != "config.settings":
            yield node.lineno, "reads the environment; only config/settings.py does"
        if floor is Floor.PURE and node.value.id in ("datetime", "date") and node.attr in CLOCK_READS:
            yield node.lineno, "a pure module reads the clock; take `now` as an argument"


def cycles(modules: Mapping[str, str]) -> list[str]:
    """Rings of modules that import each other, each as `a → b → a`."""
    graph = {
        name: {item.module for item in imports_of(source) if item.module in modules and item.module != name}
        for name, source in modules.items()
    }
    found, done = [], set[str]()

    def walk(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            found.append(" → ".join((*path[path.index(name) :], name)))
        elif name not in done:
            for target in sorted(graph[name]):
                walk(target, (*path, name))
            done.add(name)

    for name in sorted(graph):
        walk(name, ())
    return found
