"""Whether a request is Twilio's: its signature over address and form, by twilio-python. Pure.

https://www.twilio.com/docs/usage/security#validating-requests
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import parse_qs

from twilio.request_validator import RequestValidator


class Form:
    """What a form says, with every value as it was sent: blanks and spaces are part of what is signed."""

    def __init__(self, values: Mapping[str, Sequence[str]]) -> None:
        self._values = values

    @classmethod
    def parse(cls, body: bytes) -> Form:
        """Raises ValueError for what is no form."""
        return cls(parse_qs(body.decode(), keep_blank_values=True, max_num_fields=200))

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def getlist(self, name: str) -> Sequence[str]:
        """The name twilio-python asks by."""
        return self._values[name]

    def get(self, name: str) -> str:
        """The first value; empty if there is none."""
        return next(iter(self._values.get(name, ())), "")


def is_signed(token: str, url: str, form: Form, signature: str) -> bool:
    """Whether `signature` (X-Twilio-Signature) was made with the account's token over this address and form."""
    return bool(RequestValidator(token).validate(url, form, signature))  # type: ignore[no-untyped-call]
