"""What goes over the wire: whole messages around encoded views, and frames a client can read."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from server.live import messages

VIEW = SimpleNamespace(seq=739_000_007, at="2026-03-03T10:00:00+00:00", body='{"doctor":{"name":"Dr \\"data\\": Ñ"}}')


def test_a_queue_message_wraps_the_view_as_it_is() -> None:
    text = messages.queue("doctor-1", VIEW)
    assert VIEW.body in text
    assert json.loads(text) == {
        "type": "queue",
        "doctor_id": "doctor-1",
        "seq": VIEW.seq,
        "at": VIEW.at,
        "data": json.loads(VIEW.body),
    }


def test_the_view_comes_out_of_its_message_unchanged() -> None:
    assert messages.data_of(messages.queue("doctor-1", VIEW)) == VIEW.body


def test_a_board_holds_its_queues_in_order_and_the_greatest_seq() -> None:
    other = SimpleNamespace(seq=739_000_009, at=VIEW.at, body='{"b":[]}')
    display = {"id": "display-1", "name": "Hall", "doctor_ids": ["d1", "d2"]}
    queues = [messages.queue("d1", VIEW), messages.queue("d2", other)]
    board = json.loads(
        messages.board({"display": display}, other.seq, {"d1": VIEW.seq, "d2": other.seq}, VIEW.at, queues)
    )
    assert board == {
        "type": "board",
        "seq": other.seq,
        "at": VIEW.at,
        "seqs": {"d1": VIEW.seq, "d2": other.seq},
        "data": {"display": display, "queues": [json.loads(VIEW.body), {"b": []}]},
    }


def test_tickets_heartbeats_and_errors() -> None:
    assert json.loads(messages.ticket(VIEW))["type"] == "ticket"
    assert json.loads(messages.heartbeat(5, VIEW.at)) == {"type": "heartbeat", "seq": 5, "at": VIEW.at}
    assert json.loads(messages.error("bad_json", 'a "quoted" ü')) == {
        "type": "error",
        "code": "bad_json",
        "detail": 'a "quoted" ü',
    }


@pytest.mark.parametrize(
    ("size", "header"),
    [
        (0, b"\x81\x00"),
        (125, b"\x81\x7d"),
        (126, b"\x81\x7e\x00\x7e"),
        (65_535, b"\x81\x7e\xff\xff"),
        (65_536, b"\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00"),
    ],
)
def test_a_frame_tells_its_length_as_rfc_6455_has_it(size: int, header: bytes) -> None:
    assert messages.frame("x" * size) == header + b"x" * size


def test_a_frame_counts_bytes_not_letters() -> None:
    assert messages.frame("é") == b"\x81\x02\xc3\xa9"
