"""Logs of the whole process, structured, on stderr: ours through structlog, libraries' through the same formatter.

No phone number, name, token or password is logged; a number that slips into a message (a library's
exception text, say) is masked here as the last line of defence.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, Final, TextIO

import structlog

from config.settings import LogFormat

_NUMBER: Final = re.compile(r"\+\d{6,15}\b")
_TOKEN: Final = re.compile(r"\beyJ[\w-]{8,}\.[\w-]+\.[\w-]+")
# They say in INFO what our own lines say, or what only a developer of theirs wants to know.
_TALKATIVE: Final = {
    "apscheduler": logging.ERROR,
    "tornado.access": logging.ERROR,
    "pymongo": logging.WARNING,
    "asyncio": logging.WARNING,
    "twilio": logging.WARNING,
}


def configure_logging(level: str, form: LogFormat, stream: TextIO | None = None) -> None:
    """Send every log of this process to `stream` (stderr), from `level` on."""
    out = stream or sys.stderr
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.PositionalArgumentsFormatter()],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_render(form)],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name, least in _TALKATIVE.items():
        logging.getLogger(name).setLevel(max(least, logging.getLevelName(level)))


def mask(text: str) -> str:
    """`text` without phone numbers and tokens."""
    return _TOKEN.sub("[token]", _NUMBER.sub("[number]", text))


def _render(form: LogFormat) -> list[Any]:
    render: Any = structlog.processors.JSONRenderer(ensure_ascii=False) if form is LogFormat.JSON else _line
    return [structlog.processors.format_exc_info, _Masked(render)]


def _line(_: Any, __: str, event: MutableMapping[str, Any]) -> str:
    """One line for eyes: when, how grave, who, what, and the rest as `name=value`; a traceback below.

    structlog's own console renderer takes a quarter of a millisecond, which every request would wait for.
    """
    when, level, logger = event.pop("timestamp", ""), event.pop("level", ""), event.pop("logger", "")
    what, exception = event.pop("event", ""), event.pop("exception", "")
    rest = "".join(f" {name}={value}" for name, value in event.items())
    return f"{when} {level:<7} {logger}: {what}{rest}" + (f"\n{exception}" if exception else "")


class _Masked:
    """A renderer whose text passes through `mask`."""

    def __init__(self, render: Any) -> None:
        self._render = render

    def __call__(self, logger: Any, name: str, event: MutableMapping[str, Any]) -> str:
        return mask(str(self._render(logger, name, event)))
