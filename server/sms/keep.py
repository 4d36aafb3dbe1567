"""How long the notification log keeps what. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Keep:
    """How many days number and wording are kept, and how many the row."""

    personal_days: int
    row_days: int
