"""Whose message is it: requests without an outcome against Twilio's list."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from server.clock import whole_seconds
from server.sms.lifecycle import claimed, ended, written
from server.sms.matching import SKEW, Open, known_sids, match, open_requests
from server.sms.model import Kind, Message, MessageState, NewMessage, expiry
from server.sms.provider import Carried

NOW = datetime(2026, 3, 2, 9, 0, 0, 400_000, tzinfo=UTC)


def asked(name: str, seconds: float = 0.0, body: str = "text") -> Message:
    """A row whose request left `seconds` after NOW; its token is its name."""
    at = NOW + timedelta(seconds=seconds)
    message = NewMessage(
        id=f"{name}:your_turn:1",
        kind=Kind.YOUR_TURN,
        to="+12025550123",
        language="en",
        patient_id="p",
        expires_at=expiry(Kind.YOUR_TURN, at),
        consent=True,
        confirmed=True,
    )
    row = claimed(written(message, body, "2026-03-02", at, MessageState.QUEUED, None), name, "me", at)
    return ended(row, MessageState.UNKNOWN, at, "timeout")


def listed(sid: str, seconds: float, body: str = "text") -> Carried:
    return Carried(sid, "+12025550123", body, "sent", whole_seconds(NOW + timedelta(seconds=seconds)))


def pairs(rows: list[Message], messages: list[Carried], known: set[str] | None = None) -> dict[str, str]:
    found = match(open_requests(rows), messages, known or set())
    return {token: message.sid for token, message in found.items()}


@pytest.mark.parametrize(
    ("rows", "messages", "expected"),
    [
        ([("a", 0)], [("SM1", 0)], {"a": "SM1"}),
        ([("a", 0)], [], {}),
        ([("a", 0)], [("SM1", 9)], {"a": "SM1"}),
        ([("a", 0)], [("SM1", -59)], {"a": "SM1"}),
        ([("a", 0)], [("SM1", -62)], {}),
        ([("a", 0), ("b", 0.1)], [("SM2", 0), ("SM1", 0)], {"a": "SM1", "b": "SM2"}),
        ([("b", 5), ("a", 0)], [("SM2", 5), ("SM1", 0)], {"a": "SM1", "b": "SM2"}),
        ([("a", 0), ("b", 40)], [("SM2", 40)], {"b": "SM2"}),
        ([("a", 0), ("b", 40)], [("SM1", 1)], {"a": "SM1"}),
        ([("a", 0), ("b", 5)], [("SM1", 4), ("SM2", 6)], {"a": "SM1", "b": "SM2"}),
        ([("a", 0)], [("SM2", 30), ("SM1", 1)], {"a": "SM1"}),
    ],
)
def test_requests_and_messages_meet_in_order_of_time(
    rows: list[tuple[str, float]], messages: list[tuple[str, float]], expected: dict[str, str]
) -> None:
    assert pairs([asked(*row) for row in rows], [listed(*message) for message in messages]) == expected


def test_a_sid_with_an_owner_is_nobody_else_s() -> None:
    assert pairs([asked("a")], [listed("SM1", 0)], {"SM1"}) == {}
    owner = asked("b")
    owner = owner.with_attempt(replace(owner.attempt, sid="SM1"))
    assert known_sids([asked("a"), replace(owner, sid="SM2")]) == {"SM1", "SM2"}


def test_another_text_is_another_message() -> None:
    assert pairs([asked("a")], [listed("SM1", 0, "text more")]) == {}
    trial = "Sent from your Twilio trial account - text"
    assert pairs([asked("a")], [listed("SM1", 0, trial)]) == {"a": "SM1"}


def test_only_requests_without_an_outcome_are_open() -> None:
    row = asked("a")
    assert open_requests([row]) == [Open(row, row.attempt)]
    for outcome in ("accepted", "not_sent", "not_processed"):
        assert open_requests([row.with_attempt(replace(row.attempt, outcome=outcome))]) == []
    assert open_requests([row.with_attempt(replace(row.attempt, sid="SM1"))]) == []


def test_the_clocks_may_differ_by_a_minute() -> None:
    assert timedelta(minutes=1) == SKEW


def test_what_is_still_under_way_comes_first() -> None:
    """Its message is there before its SID is saved: one lost in the same second has not arrived."""
    lost, under_way = asked("lost"), asked("under way", 0.5)
    under_way = replace(
        under_way, state=MessageState.SENDING, attempts=(replace(under_way.attempt, ended=None, outcome=None),)
    )
    assert pairs([lost, under_way], [listed("SM1", 0)]) == {"under way": "SM1"}
