"""What staff see and what everyone sees."""

from __future__ import annotations

import json

import pytest

from server.encoding import encode
from server.queue import commands, views
from server.queue.views import Around, Scene, Sms
from tests.unit.queue.bench import RAO, Bench, patient

PUBLIC = {
    "doctor",
    "day",
    "seq",
    "at",
    "status",
    "pause",
    "current",
    "called",
    "waiting",
    "on_hold",
    "missed",
    "calls",
}


@pytest.fixture
def bench() -> Bench:
    bench = Bench()
    tickets = [bench.join(reason="private complaint") for _ in range(6)]
    bench.on(commands.Start, tickets[0], actor=RAO)
    bench.on(commands.Hold, tickets[1])
    bench.on(commands.Finish, tickets[0])
    bench.next(actor=RAO)
    bench.on(commands.NoShow, tickets[2])
    bench.next(actor=RAO)
    return bench


def scene(bench: Bench) -> Scene:
    sms = {id: Sms("delivered") for id in bench.day.tickets}
    return Scene.of(bench.day, bench.now, Around("https://clinic.example", sms))


def test_every_open_ticket_stands_in_exactly_one_list(bench: Bench) -> None:
    view = views.queue_view(scene(bench), staff=True)
    assert {
        name: [t["code"] for t in view[name]] for name in ("current", "called", "waiting", "on_hold", "missed")
    } == {
        "current": [],
        "called": ["A004"],
        "waiting": ["A005", "A006"],
        "on_hold": ["A002"],
        "missed": ["A003"],
    }
    assert view["waiting"][0]["position"] == 1


def test_the_public_view_tells_nobody_apart(bench: Bench) -> None:
    view = views.queue_view(scene(bench), staff=False)
    assert set(view) == PUBLIC
    text = json.dumps(view)
    for ticket in bench.day.tickets.values():
        assert ticket.id not in text
        assert ticket.patient.id not in text
        assert ticket.patient.name not in text
    assert "private complaint" not in text
    assert "Dr Rao" in text, "the doctor's name is public"
    assert all("actor" not in json.dumps(ticket) for ticket in view["waiting"])


def test_the_link_holder_sees_the_way_of_the_ticket_without_who(bench: Bench) -> None:
    ticket = next(iter(bench.day.tickets.values()))
    view = views.ticket_view(scene(bench), ticket, staff=False)
    assert view["status_url"] == f"https://clinic.example/t/{ticket.id}"
    assert view["ended_as"] == "done"
    assert not {"patient", "reason", "elsewhere"} & set(view)
    assert all(not {"actor", "reason"} & set(step) for step in view["steps"])


def test_staff_see_everything_but_the_number(bench: Bench) -> None:
    view = views.queue_view(scene(bench), staff=True)
    ticket = view["waiting"][0]
    assert ticket["patient"]["phone_masked"] == "•••• 0123"
    assert ticket["sms"] == {"state": "delivered", "code": None}
    assert patient().phone not in encode(view)


def test_calls_leave_the_list_after_two_minutes(bench: Bench) -> None:
    assert [call["code"] for call in views.queue_view(scene(bench), staff=False)["calls"]] == ["A003", "A004"]
    bench.later(minutes=2)
    assert views.queue_view(scene(bench), staff=False)["calls"] == []


def test_a_recall_repeats_and_an_undone_call_says_so() -> None:
    bench = Bench()
    ticket = bench.join()
    bench.next()
    bench.on(commands.Recall, ticket)
    bench.do(commands.UndoLast)
    calls = views.queue_view(scene(bench), staff=False)["calls"]
    assert [(call["repeat"], call["undone"]) for call in calls] == [(False, False), (True, True)]
    assert len({call["id"] for call in calls}) == 2
