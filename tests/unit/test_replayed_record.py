"""The replay's reading of a clinic's record: journeys, how they end, and an order that can be played."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.record import RECEPTION, Kind, Stage, busiest_day, in_order, read_day

HEADER = "day,ticket,stage,room,joined,called,ended,valid\n"


def record(tmp_path: Path, *rows: str) -> Path:
    path = tmp_path / "record.csv"
    path.write_text(HEADER + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return path


def test_an_empty_room_is_reception_and_times_never_run_backwards(tmp_path: Path) -> None:
    path = record(tmp_path, "d,7,0,,8:00:10,8:01:00,8:01:00,Y", "d,7,1,Blue,8:01:30,8:00:30,8:05:00,Y")
    (journey,) = read_day(path, "d")
    assert journey.stages == (
        Stage(RECEPTION, 28810, 28860, 28860, void=False),
        Stage("Blue", 28890, 28890, 29100, void=False),
    )


@pytest.mark.parametrize(
    ("room", "valid", "end"),
    [("Blue", "Y", "done"), ("", "Y", "left"), ("", "N", "cancelled"), ("Blue", "N", "cancelled")],
)
def test_how_a_journey_ends(tmp_path: Path, room: str, valid: str, end: str) -> None:
    (journey,) = read_day(record(tmp_path, f"d,7,0,{room},8:00:00,8:01:00,8:02:00,{valid}"), "d")
    assert journey.end == end


def test_void_stages_are_never_called(tmp_path: Path) -> None:
    path = record(tmp_path, "d,7,0,Blue,8:00:00,8:01:00,8:01:00,N", "d,7,1,Red,8:01:00,8:02:00,8:03:00,Y")
    assert [(event.kind, event.stage) for event in in_order(read_day(path, "d"))] == [
        (Kind.JOIN, 0),
        (Kind.END, 0),
        (Kind.CALL, 1),
        (Kind.END, 1),
    ]


def test_within_a_second_whoever_leaves_makes_place(tmp_path: Path) -> None:
    path = record(tmp_path, "d,8,0,Blue,8:00:00,8:05:00,8:06:00,Y", "d,7,0,Blue,8:00:00,8:01:00,8:05:00,Y")
    played = [(event.journey.ticket, event.kind) for event in in_order(read_day(path, "d"))]
    assert played.index(("7", Kind.END)) < played.index(("8", Kind.CALL))


def test_a_call_into_a_taken_room_waits_until_it_is_free(tmp_path: Path) -> None:
    path = record(tmp_path, "d,7,0,Blue,8:00:00,8:01:00,8:09:00,Y", "d,8,0,Blue,8:00:00,8:02:00,8:03:00,Y")
    played = [(event.journey.ticket, event.kind) for event in in_order(read_day(path, "d"))]
    assert played.index(("7", Kind.END)) < played.index(("8", Kind.CALL)) < played.index(("8", Kind.END))


def test_a_transfer_touches_both_queues(tmp_path: Path) -> None:
    path = record(tmp_path, "d,7,0,Blue,8:00:00,8:01:00,8:02:00,Y", "d,7,1,Red,8:02:00,8:03:00,8:04:00,Y")
    ends = [event.rooms for event in in_order(read_day(path, "d")) if event.kind is Kind.END]
    assert ends == [("Blue", "Red"), ("Red",)]


def test_the_busiest_day_has_the_most_tickets(tmp_path: Path) -> None:
    rows = ["a,1,0,,8:00:00,8:00:00,8:00:00,Y"] + [f"b,{n},0,,8:00:00,8:00:00,8:00:00,Y" for n in (1, 2)]
    assert busiest_day(record(tmp_path, *rows)) == "b"
