"""The one way a value becomes JSON text: compact, UTF-8, instants as `clock.iso` writes them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from server.clock import iso


def encode(value: Any) -> str:
    """JSON text of `value`; characters stay as they are. Raises TypeError for what JSON cannot say."""
    return _ENCODER.encode(value)


def _beyond_json(value: object) -> object:
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, frozenset | set):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=_beyond_json)
