"""When two records are, or may be, one person's: the name's words in any order and without accents, phone, birth date.

Pure. One phone number alone is no proof: a family has one.
"""

from __future__ import annotations

from enum import StrEnum

from server.patients.model import Patient
from server.patients.terms import words_of


class Alike(StrEnum):
    """What two records have in common."""

    PHONE = "phone"
    NAME = "name"
    BIRTH_DATE = "date_of_birth"


def name_key(name: str) -> str:
    """The same for a name with its parts swapped, other accents or another case."""
    return " ".join(sorted(words_of(name)))


def keys_of(name: str, phone: str, date_of_birth: str | None) -> frozenset[str]:
    """What tells one person from another; two records that share one are taken for one person's."""
    key = name_key(name)
    known = (("p", phone), ("d", date_of_birth))
    return frozenset(f"{kind}:{value}:{key}" for kind, value in known if value)


def same_person(patient: Patient, name: str, phone: str, date_of_birth: str | None) -> bool:
    """Whether the record is that of the person described: no birth date may say otherwise."""
    born = patient.date_of_birth
    differ = bool(born and date_of_birth and born != date_of_birth)
    own = keys_of(patient.name, patient.phone, born)
    return not differ and not own.isdisjoint(keys_of(name, phone, date_of_birth))


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
