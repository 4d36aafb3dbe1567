"""What the documents say about settings, commands and paths is what the code says."""

from __future__ import annotations

import re
from datetime import time
from enum import Enum
from inspect import signature
from typing import Any

import pytest

from config.settings import Settings
from server.accounts.roles import PERMISSIONS
from server.app import BREATH_SECONDS, REQUEST_SECONDS
from server.sms.outbox import Outbox
from server.wiring import LAST_WORDS_SECONDS
from tests.architecture import ROOT

DOCUMENTS = [
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    *sorted(f"docs/decisions/{p.name}" for p in (ROOT / "docs/decisions").glob("*.md")),
]
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLE = (ROOT / "config/example.env").read_text(encoding="utf-8")
COMPOSE_ONLY = {"MONGO_PASSWORD", "BIND"}


def as_written(default: Any) -> str:
    """A default as the table writes it; empty for what is unset."""
    match default:
        case None | ():
            return ""
        case bool():
            return "on" if default else "off"
        case time():
            return f"{default:%H:%M}"
        case Enum():
            return str(default.value)
        case _:
            return str(default)


def defaults() -> dict[str, str]:
    """Variable → default, from the settings themselves."""
    written = {name.upper(): as_written(field.default) for name, field in Settings.model_fields.items()}
    return written | {"DATA_DIR": f"./{written['DATA_DIR']}"}


def test_the_configuration_table_agrees_with_the_settings() -> None:
    rows = re.findall(r"^\| `([A-Z_]+)` \| (?:`([^`]*)`)? ?\| (.+) \|$", README, re.MULTILINE)
    assert {name: default for name, default, _ in rows} == defaults()
    assert all(meaning.strip() for _, _, meaning in rows)


def test_the_example_environment_names_every_setting() -> None:
    values = dict(line.split("=", 1) for line in EXAMPLE.splitlines() if line and not line.startswith("#"))
    assert set(values) == set(defaults()) | COMPOSE_ONLY
    for name in set(defaults()):
        assert values[name] in ("", defaults()[name]), name


def test_the_example_environment_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    for line in EXAMPLE.splitlines():
        if line and not line.startswith("#"):
            monkeypatch.setenv(*line.split("=", 1))
    assert Settings() == Settings.model_construct(**{name: f.default for name, f in Settings.model_fields.items()})


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_and_files_exist(document: str) -> None:
    path = ROOT / document
    text = path.read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in link]
    assert [link for link in links if not (path.parent / link).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_make_targets_exist(document: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    text = (ROOT / document).read_text(encoding="utf-8")
    assert set(re.findall(r"(?:^|`)make ([a-z]+)", text, re.MULTILINE)) <= targets


def test_compose_waits_for_the_longest_stop() -> None:
    app = (ROOT / "docker-compose.yml").read_text(encoding="utf-8").split("\n  mongo:\n")[0]
    waits = int(re.findall(r"stop_grace_period: (\d+)s", app)[0])
    texts = signature(Outbox.drain).parameters["grace"].default
    assert waits > REQUEST_SECONDS + 2 * BREATH_SECONDS + 2 * texts + 2 * LAST_WORDS_SECONDS
    assert f"compose waits for {waits}" in README


def test_endpoints_named_in_the_readme_exist() -> None:
    named = re.findall(r"`(GET|POST|PATCH|DELETE) (/api/[^`]*)`", README)
    assert len(named) > 10
    assert [f"{method} {path}" for method, path in named if f"{method} {path}" not in PERMISSIONS] == []
