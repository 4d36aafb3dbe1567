"""`/api/statistics/` over HTTP: today as it stands, days that are over from their kept figures, and the file."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from typing import Any

import pytest

from tests.http.clinic import Clinic
from tests.http.people import Practice
from tests.storage.support import filled


async def a_day(clinic: Clinic) -> None:
    """One is seen, one does not come, one leaves, one waits."""
    first, second, third, _ = [await clinic.walk_in(f"Guest {number}") for number in range(4)]
    (await clinic.next()).ok()
    (await clinic.on(first, "start")).ok()
    (await clinic.on(third, "left")).ok()
    (await clinic.next()).ok()
    (await clinic.on(second, "no-show")).ok()


def assert_same_figures(shown: dict[str, Any], lines: list[dict[str, str]]) -> None:
    """The file says of every part what the API says of it, and more of each doctor's days."""
    parts = {"day": "key", "hour": "key", "doctor": "name", "source": "key", "priority": "key"}
    expected = [("total", "", shown["total"])]
    expected += [(part, each[name], each) for part, name in parts.items() for each in shown[f"by_{part}"]]
    assert [(line["breakdown"], line.get(line["breakdown"], "")) for line in lines[: len(expected)]] == [
        (part, name) for part, name, _ in expected
    ]
    for line, (_, _, figures) in zip(lines, expected, strict=False):
        for count in ("arrived", "seen", "no_show", "left", "cancelled", "transferred", "open"):
            assert line[count] == str(figures[count])
        for spread in ("wait", "service"):
            told = figures[spread] or {"median": "", "p90": ""}
            assert (line[f"{spread}_median"], line[f"{spread}_p90"]) == (str(told["median"]), str(told["p90"]))
        estimates = figures["estimates"] or {"told": "", "inside": "", "off_median": ""}
        assert [line[f"estimates_{name}"] for name in estimates] == [str(value) for value in estimates.values()]
    assert lines[0]["texts_reached"] == str(shown["texts"]["reached"])
    assert {(line["breakdown"], line["doctor"]) for line in lines[len(expected) :]} == {
        ("day and doctor", each["name"]) for each in shown["by_doctor"]
    }


@pytest.mark.gen_test
async def test_today_is_counted_as_it_stands(clinic: Clinic) -> None:
    await a_day(clinic)
    found = (await clinic.admin.get("/api/statistics/")).ok()
    total = found["total"]
    assert [total[name] for name in ("arrived", "seen", "no_show", "left", "open")] == [4, 1, 1, 1, 1]
    assert [(each["name"], each["arrived"]) for each in found["by_doctor"]] == [("Dr Rao", 4)]
    assert [each["key"] for each in found["by_source"]] == ["walk_in"]
    other = (await clinic.admin.get("/api/statistics/", {"doctor_id": "nobody-nobody-nobody"})).ok()
    assert other["total"]["arrived"] == 0


@pytest.mark.gen_test
async def test_a_day_that_is_over_is_kept_and_answers_the_same(practice: Practice) -> None:
    desk, doctor_id = practice.desk, (await practice.doctor())["id"]
    services = practice.server.services
    tickets = []
    for number in range(4):
        body = {"doctor_id": doctor_id, "walk_in": {"name": f"Guest {number}"}}
        tickets.append((await desk.post("/api/enqueue/", body)).ok(201)["id"])
    practice.clock.turn(minutes=4)
    (await desk.post("/api/notify-next/", {"doctor_id": doctor_id})).ok()
    (await desk.post(f"/api/tickets/{tickets[0]}/start/")).ok()
    (await desk.post(f"/api/tickets/{tickets[2]}/left/")).ok()
    practice.clock.turn(minutes=9)
    (await desk.post("/api/notify-next/", {"doctor_id": doctor_id})).ok()
    (await desk.post(f"/api/tickets/{tickets[1]}/no-show/")).ok()
    practice.clock.turn(days=1)
    await services.queues.rollover()
    admin = await practice.anyone.sign_in("admin", "admin-password")
    query = {"from": "2026-03-02", "to": "2026-03-02"}
    before = (await admin.get("/api/statistics/", query)).ok()
    total = before["total"]
    assert (total["arrived"], total["seen"], total["no_show"], total["left"], total["open"]) == (4, 1, 1, 2, 0)
    assert (total["wait"], total["service"]) == ({"median": 4, "p90": 13}, {"median": 9, "p90": 9})
    assert total["estimates"]["told"] == 2
    await services.statistics.count_days()
    kept = await services.storage.find("day_figures", {}, sort="order")
    assert [document["doctor_id"] for document in kept] == ["", doctor_id]
    for visit in await services.storage.find("visits", {}, sort="order"):
        await services.storage.delete("visits", visit["_id"])
    assert (await admin.get("/api/statistics/", query)).ok() == before
    file = (await admin.get("/api/statistics/export/", query)).raw.decode("utf-8-sig")
    assert_same_figures(before, list(csv.DictReader(io.StringIO(file, newline=""))))


@pytest.mark.gen_test
async def test_a_day_with_a_text_on_its_way_is_not_counted_for_good_until_a_day_later(practice: Practice) -> None:
    services = practice.server.services
    body = {"doctor_id": (await practice.doctor())["id"], "walk_in": {"name": "Guest"}}
    (await practice.desk.post("/api/enqueue/", body)).ok(201)
    held: dict[str, Any] = {"rev": 1, "day": "2026-03-02", "order": "a", "doctor_id": "", "state": "queued"}
    await services.storage.insert("notifications", filled("notifications", "held", **held))
    practice.clock.turn(days=1)
    await services.queues.rollover()

    async def kept() -> dict[str, int] | None:
        await services.statistics.count_days()
        document = await services.storage.get("day_figures", "2026-03-02:")
        return document["texts"] if document else None

    assert await kept() is None
    query = {"from": "2026-03-02", "to": "2026-03-02"}
    admin = await practice.anyone.sign_in("admin", "admin-password")
    assert (await admin.get("/api/statistics/", query)).ok()["texts"] == {"reached": 0, "not_reached": 0, "other": 1}
    practice.clock.turn(hours=15, minutes=59)
    assert await kept() is None
    practice.clock.turn(minutes=1)
    assert await kept() == {"queued": 1}


@pytest.mark.gen_test
async def test_what_cannot_be_asked(clinic: Clinic) -> None:
    today = date.fromisoformat((await clinic.admin.get("/api/statistics/")).ok()["to"])
    wrong = {"from": (today - timedelta(days=400)).isoformat(), "to": today.isoformat()}
    assert (await clinic.admin.get("/api/statistics/", wrong)).problem(422, "invalid")["errors"][0]["field"] == "from"
    turned = {"from": today.isoformat(), "to": (today - timedelta(days=1)).isoformat()}
    (await clinic.admin.get("/api/statistics/", turned)).problem(422, "invalid")
    for caller in (clinic.desk, clinic.doctor, clinic.patient):
        (await caller.get("/api/statistics/")).problem(403, "forbidden")
        (await caller.get("/api/statistics/export/")).problem(403, "forbidden")
