"""Days off, closed days and public holidays: nobody is booked then, and the times say why there are none."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from server.app import Server
from tests.api import Api
from tests.http.clinic import Clinic


async def slots(clinic: Clinic, day: str) -> dict[str, Any]:
    found: dict[str, Any] = (await clinic.desk.get(f"/api/doctors/{clinic.doctor_id}/slots/", {"date": day})).ok()
    return found


async def next_open_day(clinic: Clinic) -> str:
    """The next date on which the doctor has times."""
    from_day = (await clinic.desk.get("/api/clinic/")).ok()["day"]
    for ahead in range(1, 14):
        day = str((date.fromisoformat(from_day) + timedelta(days=ahead)).isoformat())
        if (await slots(clinic, day))["items"]:
            return day
    raise AssertionError("no day with times")


@pytest.mark.gen_test
async def test_nobody_is_booked_on_a_day_off(clinic: Clinic) -> None:
    day = await next_open_day(clinic)
    start = (await slots(clinic, day))["items"][0]["start"]
    off = {"days_off": [{"first": day, "last": day, "note": ""}]}
    doctor = (await clinic.admin.patch(f"/api/doctors/{clinic.doctor_id}/", off)).ok()
    assert doctor["days_off"] == off["days_off"]
    assert await slots(clinic, day) == {"items": [], "closed": {"why": "away", "name": ""}}
    body = {"patient_id": clinic.patient.user["patient_id"], "doctor_id": clinic.doctor_id, "start": start}
    refusal = (await clinic.desk.post("/api/appointments/", body)).problem(422, "invalid")
    assert "the doctor is away" in refusal["errors"][0]["message"]
    (await clinic.admin.patch(f"/api/doctors/{clinic.doctor_id}/", {"days_off": []})).ok()
    (await clinic.desk.post("/api/appointments/", body)).ok(201)


@pytest.mark.gen_test
async def test_a_closed_day_and_a_holiday_have_no_times_unless_opened(clinic: Clinic, server: Server) -> None:
    day = await next_open_day(clinic)
    closed = {"closed_days": [{"first": day, "last": day, "note": "Staff training"}]}
    (await clinic.admin.patch("/api/settings/", closed)).ok()
    assert (await slots(clinic, day))["closed"] == {"why": "closed", "name": "Staff training"}
    (await clinic.admin.patch("/api/settings/", {"closed_days": [], "holidays_country": "US"})).ok()
    found = (await clinic.admin.get("/api/settings/holidays/", {"country": "US", "region": "CA"})).ok()
    assert "CA" in found["regions"]
    holiday = next(item for item in found["items"] if item["name"] == "New Year's Day")
    assert (await slots(clinic, holiday["date"]))["closed"] == {"why": "holiday", "name": "New Year's Day"}
    (await clinic.admin.patch("/api/settings/", {"holidays_open": [holiday["date"]]})).ok()
    assert (await slots(clinic, holiday["date"]))["closed"] is None


@pytest.mark.gen_test
async def test_wrong_days_and_countries_are_refused_beside_their_field(clinic: Clinic, admin: Api) -> None:
    wrong = {"closed_days": [{"first": "2026-12-26", "last": "2026-12-25"}]}
    assert (await admin.patch("/api/settings/", wrong)).problem(422, "invalid")["errors"][0]["field"] == (
        "closed_days.0.last"
    )
    for field, body in (
        ("holidays_country", {"holidays_country": "XX"}),
        ("holidays_region", {"holidays_country": "FR", "holidays_region": "CA"}),
    ):
        refusal = (await admin.patch("/api/settings/", body)).problem(422, "invalid")
        assert [error["field"] for error in refusal["errors"]] == [field]
    (await admin.get("/api/settings/holidays/", {"country": "XX"})).problem(422, "invalid")
    (await clinic.desk.get("/api/settings/holidays/")).problem(403, "forbidden")
