"""Public holidays of a country or one of its regions, by the `holidays` library. Pure.

The library is loaded when a clinic has chosen a country and not before: it costs 11 MB and 70 ms of the start.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

YEARS_KEPT = 32


def _library() -> Any:
    return importlib.import_module("holidays")


@lru_cache(maxsize=1)
def countries() -> Mapping[str, Sequence[str]]:
    """The regions (ISO 3166-2, without the country) of each country (ISO 3166-1, two letters) that is known."""
    known: Mapping[str, Sequence[str]] = _library().list_supported_countries()
    return {code: list(regions) for code, regions in sorted(known.items()) if len(code) == 2}


@lru_cache(maxsize=YEARS_KEPT)
def public_holidays(country: str, region: str, year: int, language: str) -> Mapping[date, str]:
    """Each holiday of the year with its name: in `language` where the library has it, else as the country says it."""
    library = _library()
    spoken = library.list_localized_countries().get(country, ())
    wanted = next((code for code in spoken if code.split("_")[0] == language), None)
    found = library.country_holidays(country, subdiv=region or None, years=year, language=wanted)
    return dict(sorted(found.items()))
