"""How a text is shown."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from server.sms.lifecycle import claimed, settled, written
from server.sms.model import Kind, Message, MessageState, NewMessage, expiry
from server.sms.provider import Reply
from server.sms.views import message_view

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def row(kind: Kind, body: str) -> Message:
    wanted = NewMessage(f"t:{kind}:1", kind, "+12025550123", "en", "p", expiry(kind, NOW), True, True)
    return written(wanted, body, "2026-03-02", NOW, MessageState.QUEUED, None)


def test_the_view_has_the_whole_story_and_no_number() -> None:
    refused = Reply(status=400, code=21211)
    sending = claimed(row(Kind.YOUR_TURN, "text"), "token", "me", NOW)
    message = settled(sending, sending.attempt, refused, NOW, roll=0.0, opens_at=NOW)
    view = message_view(message)
    assert view["to_masked"] == "•••• 0123"
    assert "2025550123" not in str(view)
    assert (view["state"], view["code"], view["reason"]) == ("failed", "21211", "the number is invalid")
    assert view["next_at"] is None
    [attempt] = view["attempts"]
    assert (attempt["token"], attempt["status"], attempt["outcome"], attempt["sid"]) == (
        "token",
        400,
        "bad_number",
        None,
    )


def test_a_confirmation_code_is_shown_only_where_nothing_was_sent() -> None:
    message = row(Kind.CODE, "123456 is your confirmation code. It is valid for 15 minutes.")
    assert "123456" not in message_view(message)["body"]
    assert "123456" in message_view(replace(message, state=MessageState.SIMULATED))["body"]
