"""One record out of two of the same patient: what is taken from which. Pure; made again it changes nothing more."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from enum import StrEnum

from server.patients.model import Patient


class Part(StrEnum):
    """What may be taken from the record that goes. A number brings its confirmation and the consent to texts along."""

    NAME = "name"
    PHONE = "phone"
    BIRTH_DATE = "date_of_birth"
    LANGUAGE = "language"


def united(kept: Patient, other: Patient, take: Collection[Part]) -> Patient:
    """`kept` with what was chosen from `other`, and with what it lacks and `other` has.

    Consent is somebody's word about one number: it comes with the number, or where both have the same the later counts.
    """
    result = replace(
        kept,
        name=other.name if Part.NAME in take and other.name else kept.name,
        language=other.language if Part.LANGUAGE in take else kept.language,
        date_of_birth=other.date_of_birth
        if other.date_of_birth and (Part.BIRTH_DATE in take or not kept.date_of_birth)
        else kept.date_of_birth,
    )
    if other.phone and other.phone == kept.phone:
        return replace(
            result,
            consent=max(kept.consent, other.consent, key=lambda consent: consent.at),
            number_confirmed=kept.number_confirmed or other.number_confirmed,
        )
    if other.phone and (Part.PHONE in take or not kept.phone):
        return replace(
            result,
            phone=other.phone,
            consent=other.consent,
            number_confirmed=other.number_confirmed,
            # A code sent to the old number must not confirm the new one.
            code=kept.code.spent() if kept.code else None,
        )
    return result
