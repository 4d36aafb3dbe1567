"""Phone numbers: read from what people write, kept as E.164, shown masked. The one home of phonenumbers.

Pure. A number is accepted when its length and form are possible in its country. Whether its range is
assigned is not asked: that table ages with the library, a desk must be able to write down a new
number, and a text to one that does not exist comes back as a failed contact (DESIGN: SMS).
"""

from __future__ import annotations

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, ValidationResult

from server.errors import Invalid

LONGEST = 40
_PLUS = "+\uff0b"


def parse_phone(text: str, country: str, *, field: str = "phone") -> str:
    """`text` as E.164; without a leading `+` it is read as a number of `country` (two letters).

    Raises Invalid on `field` with what to do about it.
    """
    example = _example(country)
    if sum(text.count(plus) for plus in _PLUS) > 1 or ";" in text:
        raise Invalid.field(field, f"is not one phone number; write it like {example}")
    try:
        number = phonenumbers.parse(text[: LONGEST + 1], country)
    except NumberParseException:
        raise Invalid.field(field, f"is not a phone number; write it like {example}") from None
    if number.extension:
        raise Invalid.field(field, f"has an extension, which no text reaches; write it like {example}")
    if len(text) > LONGEST or phonenumbers.is_possible_number_with_reason(number) != ValidationResult.IS_POSSIBLE:
        raise Invalid.field(
            field, f"is not a complete phone number; write it like {example}, or with + and the country code"
        )
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def mask(phone: str) -> str:
    """An E.164 number with all but its last four digits hidden (`•••• 0123`); empty stays empty."""
    return f"•••• {phone[-4:]}" if phone else ""


def national_digits(phone: str) -> str:
    """The digits of an E.164 number as they are dialled inside its country, without a leading zero."""
    number = phonenumbers.parse(phone)
    return str(number.national_number)


def _example(country: str) -> str:
    example = phonenumbers.example_number(country)
    if example is None:
        return "+1 202 555 0123"
    return phonenumbers.format_number(example, PhoneNumberFormat.INTERNATIONAL)
