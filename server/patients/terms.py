"""Search terms: what a patient is found by, and what a typed query asks for. Pure.

Each patient has a handful of terms, kept as documents `<term>|<patient_id>`, so that every search is a
range over `_id` and costs the same whether the clinic has a hundred patients or a million:

- `n:<word>`    each word of the name, without case and accents
- `p:<digits>`  the phone number from its front, with and without the country code
- `s:<digits>`  the phone number reversed, so that its last digits are a prefix too
- `d:<date>`    the birth date, ISO
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from server.patients.months import months_called
from server.patients.phones import national_digits

SHORTEST_PHONE = 3
LONGEST_ENDING = 5

# Letters that no Unicode decomposition takes apart, as people without that key type them.
_PLAIN_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"}
)
_MARKS = frozenset({"Mn", "Mc", "Me", "Cf"})
_APOSTROPHES = re.compile(r"['’ʼ‘`´]")
_WORD = re.compile(r"[^\W_]+")
_ISO_DATE = re.compile(r"\d{4}-\d{2}(?:-\d{2})?")
_LOCAL_DATE = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})")
# 3 Mar 1980, 1er mars 1980, 3 de marzo de 1980; Mar 3, 1980
_DAY_FIRST = re.compile(r"(\d{1,2})(?:er|st|nd|rd|th|\.)? (?:de )?([^\W\d_]+)[.,]? (?:de )?(\d{4})", re.IGNORECASE)
_MONTH_FIRST = re.compile(r"([^\W\d_]+)\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})", re.IGNORECASE)
_PHONE = re.compile(r"[\d\s()./+-]+")


@dataclass(frozen=True, slots=True)
class Need:
    """One thing a patient must have to be found: a term that begins with one of `prefixes`."""

    prefixes: tuple[str, ...]

    def met_by(self, terms: frozenset[str]) -> bool:
        """Whether one of `terms` begins so."""
        return any(term.startswith(self.prefixes) for term in terms)


def terms_of(name: str, phone: str, date_of_birth: str | None) -> frozenset[str]:
    """Every term of a patient; `phone` is E.164 or empty."""
    terms = {f"n:{word}" for word in _words(name)}
    if phone:
        digits = phone.removeprefix("+")
        terms |= {f"p:{digits}", f"p:{national_digits(phone)}", f"s:{digits[::-1]}"}
    if date_of_birth:
        terms.add(f"d:{date_of_birth}")
    return frozenset(terms)


def needs_of(query: str) -> tuple[Need, ...]:
    """What `query` asks for, the most telling need first; empty if it holds nothing to search by.

    Words are prefixes of words of the name, in any order; three digits or more are the beginning or the
    end of the phone number; a date is the birth date, also as 17/5/1980 (both ways round), 1980-05, or with
    the month's name as the pages write it.
    """
    found: list[Need] = []
    rest = " ".join(western_digits(query).split())
    for pattern, read in _DATES:
        match = re.search(rf"(?<!\S)(?:{pattern.pattern})(?!\S)", rest, pattern.flags)
        if match and (need := read(match[0])):
            found.append(need)
            rest = f"{rest[: match.start()]} {rest[match.end() :]}"
    words: list[str] = []
    digits = ""
    for part in rest.split():
        if _PHONE.fullmatch(part):
            digits += part
        else:
            words.extend(_joined_words(part))
    if need := _phone(digits):
        found.append(need)
    found.extend(Need((f"n:{word}",)) for word in sorted(dict.fromkeys(words), key=len, reverse=True))
    return tuple(found)


def words_of(name: str) -> list[str]:
    """The words of a name, plain; one with an apostrophe is one word."""
    return list(dict.fromkeys(_joined_words(name)))


def plain(text: str) -> str:
    """`text` without case, accents, vowel marks and joiners: equal for what a reader would call the same."""
    folded = unicodedata.normalize("NFKD", text).casefold().translate(_PLAIN_LETTERS)
    return "".join(char for char in unicodedata.normalize("NFKD", folded) if unicodedata.category(char) not in _MARKS)


def western_digits(text: str) -> str:
    """`text` with the digits 0–9, and without the marks of direction that stand between them in Arabic dates."""
    visible = (char for char in text if unicodedata.category(char) != "Cf")
    return "".join(str(unicodedata.decimal(char)) if char.isdecimal() else char for char in visible)


def _words(name: str) -> set[str]:
    """Every word, those with an apostrophe both whole and in parts: O'Brien is found as obrien and as brien."""
    return {*_joined_words(name), *_WORD.findall(_APOSTROPHES.sub(" ", plain(name)))}


def _joined_words(text: str) -> list[str]:
    return _WORD.findall(_APOSTROPHES.sub("", plain(_APOSTROPHES.sub("'", text))))


def _iso_date(text: str) -> Need | None:
    return Need((f"d:{text}",)) if _is_date(text if len(text) == 10 else f"{text}-01") else None


def _local_date(text: str) -> Need | None:
    match = _LOCAL_DATE.fullmatch(text)
    if match is None:
        return None
    one, other, year = (int(part) for part in match.groups())
    return _one_of([(year, other, one), (year, one, other)])


def _spelled_date(text: str) -> Need | None:
    if match := _DAY_FIRST.fullmatch(text):
        day, month, year = match.groups()
    elif match := _MONTH_FIRST.fullmatch(text):
        month, day, year = match.groups()
    else:
        return None
    return _one_of([(int(year), number, int(day)) for number in months_called(month, plain)])


def _one_of(readings: Sequence[tuple[int, int, int]]) -> Need | None:
    """Born on one of these days (year, month, day), as far as there are such days."""
    texts = [f"{year:04d}-{month:02d}-{day:02d}" for year, month, day in readings]
    dates = tuple(dict.fromkeys(f"d:{text}" for text in texts if _is_date(text)))
    return Need(dates) if dates else None


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


_DATES: tuple[tuple[re.Pattern[str], Callable[[str], Need | None]], ...] = (
    (_ISO_DATE, _iso_date),
    (_LOCAL_DATE, _local_date),
    (_DAY_FIRST, _spelled_date),
    (_MONTH_FIRST, _spelled_date),
)


def _phone(text: str) -> Need | None:
    digits = re.sub(r"\D", "", text)
    if len(digits) < SHORTEST_PHONE:
        return None
    fronts = {f"p:{digits}"}
    if len(digits) >= LONGEST_ENDING and digits.lstrip("0"):
        # Typed as it is dialled: with the trunk zero, or 00 before the country code.
        fronts.add(f"p:{digits.lstrip('0')}")
    return Need((*sorted(fronts), f"s:{digits[::-1]}"))
