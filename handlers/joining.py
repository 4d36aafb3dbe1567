"""Whether a patient may join a queue without reception, by booking or without: the clinic's rule (SELF_JOIN) in use."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from config.settings import SelfJoin
from handlers.services import Services
from server.queue import self_join

JoinCode = Annotated[str | None, Field(max_length=20)]


def rule(services: Services) -> SelfJoin:
    """What holds now."""
    return self_join.mode(services.settings.self_join, demo=services.settings.demo, displays=services.displays.any())


def check(services: Services, code: str | None) -> None:
    """Raises Forbidden, with what to do instead, if a patient may not join with `code`."""
    self_join.check(rule(services), services.join_codes, code, services.clock.now())
