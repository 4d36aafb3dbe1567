"""When two records are, or may be, one person's: the name's words in any order and without accents, phone, birth date.

Pure. One phone number alone is no proof: a family has one.
"""

from __future__ import annotations

from difflib import SequenceMatcher
from enum import StrEnum
from typing import Protocol

from server.patients.model import Patient
from server.patients.terms import words_of

# How much of two spellings of one name is the same; a letter that differs leaves eight parts of nine or so.
SPELLED_ALIKE = 0.85


class Alike(StrEnum):
    """What two records have in common."""

    PHONE = "phone"
    NAME = "name"
    BIRTH_DATE = "date_of_birth"


class Described(Protocol):
    """Whoever somebody says something about; what is not said is empty."""

    @property
    def name(self) -> str: ...
    @property
    def phone(self) -> str: ...
    @property
    def date_of_birth(self) -> str | None: ...


def name_key(name: str) -> str:
    """The same for a name with its parts swapped, other accents or another case."""
    return " ".join(sorted(words_of(name)))


def keys_of(name: str, phone: str, date_of_birth: str | None) -> frozenset[str]:
    """What tells one person from another; who share one are taken for one person, unless their birth dates differ."""
    key = name_key(name)
    known = (("p", phone), ("d", date_of_birth))
    return frozenset(f"{kind}:{value}:{key}" for kind, value in known if value)


def same_person(patient: Patient, name: str, phone: str, date_of_birth: str | None) -> bool:
    """Whether the record is that of the person described: no birth date may say otherwise."""
    born = patient.date_of_birth
    own = keys_of(patient.name, patient.phone, born)
    return not births_differ(born, date_of_birth) and not own.isdisjoint(keys_of(name, phone, date_of_birth))


def births_differ(one: str | None, other: str | None) -> bool:
    """Whether both are known and not the same."""
    return bool(one and other and one != other)


def contradict(one: Described, other: Described) -> bool:
    """Whether two who go by one number are two people: name, birth date or phone is said of both and differs.

    A name may be spelled a little differently, since it is corrected in one place and not in the other; where birth
    date or phone are the same it may share no more than a part. Another phone is nobody else's where the birth date
    is the same.
    """
    if births_differ(one.date_of_birth, other.date_of_birth):
        return True
    born = bool(one.date_of_birth and other.date_of_birth)
    reached = bool(one.phone and one.phone == other.phone)
    if one.name and other.name and not _may_be_one_name(one.name, other.name, known=born or reached):
        return True
    return not born and bool(one.phone and other.phone and one.phone != other.phone)


def _may_be_one_name(one: str, other: str, *, known: bool) -> bool:
    """`known`: something else speaks for one person."""
    if known and not set(words_of(one)).isdisjoint(words_of(other)):
        return True
    return SequenceMatcher(None, name_key(one), name_key(other)).ratio() >= SPELLED_ALIKE


def alike(one: Patient, other: Patient) -> tuple[Alike, ...]:
    """Why the two may be one person: one phone number, or name and birth date; empty if nothing says so."""
    found = [
        kind
        for kind, same in (
            (Alike.PHONE, one.phone and one.phone == other.phone),
            (Alike.NAME, name_key(one.name) == name_key(other.name)),
            (Alike.BIRTH_DATE, one.date_of_birth and one.date_of_birth == other.date_of_birth),
        )
        if same
    ]
    return tuple(found) if Alike.PHONE in found or {Alike.NAME, Alike.BIRTH_DATE} <= set(found) else ()
