"""Logs: both forms, ours and the libraries' alike, and nothing in them that tells on a patient."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from config.logging import configure_logging, mask
from config.settings import LogFormat


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.mark.parametrize("form", list(LogFormat))
def test_numbers_and_tokens_are_masked_wherever_they_come_from(form: LogFormat) -> None:
    out = io.StringIO()
    configure_logging("INFO", form, out)
    token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl"
    structlog.get_logger("ours").info("sent", to="+12025550123", token=token)
    logging.getLogger("theirs").warning("to %s failed", "+12025550123")
    try:
        raise ValueError("no route to +12025550123")
    except ValueError:
        logging.getLogger("theirs").exception("failed")
    written = out.getvalue()
    assert "[number]" in written
    assert "5550123" not in written
    assert token not in written
    assert "Traceback" in written


def test_json_lines_are_json() -> None:
    out = io.StringIO()
    configure_logging("INFO", LogFormat.JSON, out)
    structlog.get_logger("http").info("request", status=200)
    logging.getLogger("theirs").info("%d of %d", 1, 2)
    first, second = (json.loads(line) for line in out.getvalue().splitlines())
    assert (first["event"], first["status"], first["logger"], first["level"]) == ("request", 200, "http", "info")
    assert second["event"] == "1 of 2"


def test_the_level_holds() -> None:
    out = io.StringIO()
    configure_logging("WARNING", LogFormat.TEXT, out)
    structlog.get_logger("ours").info("quiet")
    logging.getLogger("theirs").info("quiet")
    assert out.getvalue() == ""


def test_what_is_no_number_stays() -> None:
    assert mask("took 12025550123 ns, +3 more, 2026-03-02T09:00:00+00:00") == (
        "took 12025550123 ns, +3 more, 2026-03-02T09:00:00+00:00"
    )
