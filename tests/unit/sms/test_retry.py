"""What each answer of Twilio leads to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from server.sms.provider import Reply
from server.sms.retry import CODES, Outcome, backoff, judge, reason, retry_after_seconds

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("reply", "outcome", "code"),
    [
        (Reply(status=201, sid="SM1"), Outcome.ACCEPTED, None),
        (Reply(status=200, sid="SM1"), Outcome.ACCEPTED, None),
        (Reply(status=201), Outcome.UNCLEAR, "http_201"),
        (Reply(left=False, error="refused"), Outcome.NOT_PROCESSED, "refused"),
        (Reply(left=False, error="timeout"), Outcome.NOT_PROCESSED, "timeout"),
        (Reply(left=True, error="timeout"), Outcome.UNCLEAR, "timeout"),
        (Reply(left=True, error="closed"), Outcome.UNCLEAR, "closed"),
        (Reply(status=429, code=20429), Outcome.NOT_PROCESSED, "20429"),
        (Reply(status=429), Outcome.NOT_PROCESSED, "http_429"),
        (Reply(status=503, code=20503), Outcome.NOT_PROCESSED, "20503"),
        (Reply(status=503), Outcome.UNCLEAR, "http_503"),
        (Reply(status=503, code=20429), Outcome.UNCLEAR, "20429"),
        (Reply(status=500, code=20500), Outcome.UNCLEAR, "20500"),
        (Reply(status=500, code=20503), Outcome.NOT_PROCESSED, "20503"),
        (Reply(status=502), Outcome.UNCLEAR, "http_502"),
        (Reply(status=504), Outcome.UNCLEAR, "http_504"),
        (Reply(status=408), Outcome.UNCLEAR, "http_408"),
        (Reply(status=401, code=20003), Outcome.ACCOUNT, "20003"),
        (Reply(status=403, code=20403), Outcome.ACCOUNT, "20403"),
        (Reply(status=401), Outcome.ACCOUNT, "http_401"),
        (Reply(status=404), Outcome.ACCOUNT, "http_404"),
        (Reply(status=307), Outcome.ACCOUNT, "http_307"),
        (Reply(status=400, code=21212), Outcome.ACCOUNT, "21212"),
        (Reply(status=400, code=21603), Outcome.ACCOUNT, "21603"),
        (Reply(status=400, code=21606), Outcome.ACCOUNT, "21606"),
        (Reply(status=400, code=21211), Outcome.BAD_NUMBER, "21211"),
        (Reply(status=400, code=21408), Outcome.BAD_NUMBER, "21408"),
        (Reply(status=400, code=21612), Outcome.BAD_NUMBER, "21612"),
        (Reply(status=400, code=21614), Outcome.BAD_NUMBER, "21614"),
        (Reply(status=400, code=21610), Outcome.OPTED_OUT, "21610"),
        (Reply(status=400, code=21611), Outcome.NOT_PROCESSED, "21611"),
        (Reply(status=400, code=99999), Outcome.REFUSED, "99999"),
        (Reply(status=400), Outcome.REFUSED, "http_400"),
    ],
)
def test_an_answer_has_one_meaning(reply: Reply, outcome: Outcome, code: str | None) -> None:
    assert judge(reply) is outcome
    assert reason(reply) == code


@pytest.mark.parametrize("status", [500, 502, 503, 504, 599])
def test_no_code_but_20503_makes_a_server_error_clear(status: int) -> None:
    repeated = {code for code in CODES if judge(Reply(status=status, code=code)) is not Outcome.UNCLEAR}
    assert repeated == {20503}


@pytest.mark.parametrize(("attempts", "ceiling"), [(1, 2), (2, 4), (3, 8), (4, 16), (5, 30), (6, 30), (1000, 30)])
def test_the_backoff_is_full_jitter_under_a_doubling_ceiling(attempts: int, ceiling: float) -> None:
    assert backoff(attempts, 0.0) == timedelta(0)
    assert backoff(attempts, 0.5) == timedelta(seconds=ceiling / 2)
    assert backoff(attempts, 1.0) == timedelta(seconds=ceiling)


def test_retry_after_is_a_floor_under_the_backoff() -> None:
    assert backoff(1, 0.0, 7.0) == timedelta(seconds=7)
    assert backoff(5, 1.0, 7.0) == timedelta(seconds=30)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("7", 7.0),
        ("0", 0.0),
        ("Mon, 02 Mar 2026 09:00:12 GMT", 12.0),
        ("Mon, 02 Mar 2026 08:59:00 GMT", 0.0),
        ("soon", None),
        ("9" * 20, 86_400.0),
        ("²", None),
        ("-3", None),
    ],
)
def test_retry_after_is_a_number_or_a_date(header: str | None, seconds: float | None) -> None:
    assert retry_after_seconds(header, NOW) == seconds
