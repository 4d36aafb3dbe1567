"""The pages' texts on the server's side: the same language files the browser loads, for what it renders itself.

Owns the choice of a language and the forms of a sentence. Reads `static/i18n` once; imports no handler.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

LANGUAGES = ("en", "es", "fr", "ar")
RIGHT_TO_LEFT = frozenset({"ar"})
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


class Texts:
    """Every sentence in every language; `say` is the server's twin of `t` in `static/base/i18n.js`."""

    def __init__(self, folder: Path) -> None:
        self._texts: dict[str, dict[str, str | dict[str, str]]] = {
            language: json.loads((folder / f"{language}.json").read_text(encoding="utf-8")) for language in LANGUAGES
        }

    def say(self, language: str, key: str, **values: object) -> str:
        """The sentence for `key`; plural forms are chosen by the value `count`."""
        text = self._texts[language][key]
        if isinstance(text, dict):
            count = values.get("count", 0)
            text = text.get(plural(language, count if isinstance(count, int) else 0), text["other"])
        return _PLACEHOLDER.sub(lambda match: str(values.get(match[1], match[0])), text)


def direction(language: str) -> str:
    """`rtl` or `ltr`, as the root element's `dir` wants it."""
    return "rtl" if language in RIGHT_TO_LEFT else "ltr"


def plural(language: str, count: int) -> str:
    """The plural category of a whole number. Source: Unicode CLDR plural rules (cardinals)."""
    if language == "ar":
        if count in (0, 1, 2):
            return ("zero", "one", "two")[count]
        if 3 <= count % 100 <= 10:
            return "few"
        return "many" if count % 100 >= 11 else "other"
    if language == "fr":
        return "one" if count in (0, 1) else "other"
    return "one" if count == 1 else "other"


def choose_language(chosen: str | None, accepted: str, languages: tuple[str, ...] = LANGUAGES) -> str:
    """The reader's own choice if it is one of ours, else the best of `Accept-Language`, else the first."""
    if chosen in languages:
        return str(chosen)
    return max(_preferences(accepted, languages).items(), key=lambda item: item[1], default=(languages[0], 0.0))[0]


def _preferences(accepted: str, languages: tuple[str, ...]) -> Mapping[str, float]:
    weights: dict[str, float] = {}
    for part in accepted.split(","):
        tag, _, parameters = part.strip().partition(";")
        language = tag.split("-")[0].lower()
        if language not in languages:
            continue
        weight = re.fullmatch(r"\s*q=(0(?:\.\d{1,3})?|1(?:\.0{1,3})?)\s*", parameters) if parameters else None
        value = float(weight[1]) if weight else 1.0
        if value > weights.get(language, 0.0):
            weights[language] = value
    return weights
