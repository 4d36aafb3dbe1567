"""What pages know of the clinic, and what administrators may change."""

from __future__ import annotations

import pytest

from tests.conftest import Call, StartServer
from tests.http.people import Practice, fields


@pytest.mark.gen_test
async def test_everybody_knows_the_clinic(practice: Practice) -> None:
    clinic = (await practice.anyone.get("/api/clinic/")).ok(200)
    assert clinic.pop("version")
    assert clinic == {
        "name": "Riverside Clinic",
        "timezone": "UTC",
        "default_country": "US",
        "languages": ["en", "es", "fr", "ar"],
        "self_join": "anywhere",
        "sms": "simulated",
        "consent_wording": "2025-1",
        "demo": False,
        "announcements": [],
        "idle_lock_minutes": 15,
        "day": "2026-03-02",
        "now": "2026-03-02T12:00:00+00:00",
    }


@pytest.mark.gen_test
async def test_settings_change_at_once_and_stay(practice: Practice) -> None:
    before = (await practice.admin.get("/api/settings/")).ok(200)
    change = {"name": "Harbour Clinic", "late_grace_minutes": 5, "sms": {"booked": False}}
    after = (await practice.admin.patch("/api/settings/", change)).ok(200)
    assert after == {**before, **change, "sms": {**before["sms"], "booked": False}}
    assert (await practice.admin.get("/api/settings/")).ok() == after
    assert (await practice.anyone.get("/api/clinic/")).ok()["name"] == "Harbour Clinic"
    assert (await practice.admin.patch("/api/settings/", {"late_grace_minutes": 7})).ok()["name"] == "Harbour Clinic"


@pytest.mark.gen_test
async def test_a_kind_that_is_off_is_not_sent(practice: Practice) -> None:
    doctor, patient = await practice.doctor(), await practice.patient(phone="+12025550147")
    (await practice.admin.patch("/api/settings/", {"sms": {"booked": False}})).ok()
    body = {"doctor_id": doctor["id"], "patient_id": patient["id"], "start": (await practice.slots(doctor["id"]))[0]}
    (await practice.desk.post("/api/appointments/", body)).ok(201)
    (text,) = await practice.messages(patient_id=patient["id"])
    assert (text["kind"], text["state"], text["code"]) == ("booked", "suppressed", "kind_off")


@pytest.mark.gen_test
async def test_wrong_settings_are_named_and_only_for_administrators(practice: Practice) -> None:
    wrong = {"name": "", "late_grace_minutes": 999, "sms": {"pigeon": True}}
    assert fields(await practice.admin.patch("/api/settings/", wrong)) == ["name", "late_grace_minutes", "sms.pigeon"]
    assert fields(await practice.admin.patch("/api/settings/", {"sms": {"booked": 1}})) == ["sms.booked"]
    (await practice.desk.get("/api/settings/")).problem(403, "forbidden")
    (await practice.desk.patch("/api/settings/", {})).problem(403, "forbidden")


@pytest.mark.gen_test
async def test_a_text_is_worded_anew_and_sent_so(practice: Practice) -> None:
    doctor, patient = await practice.doctor(), await practice.patient(phone="+12025550147")
    wrong = {"texts": {"en": {"booked": "Hello {name}"}}}
    assert fields(await practice.admin.patch("/api/settings/", wrong)) == ["texts.en.booked"]
    after = (await practice.admin.patch("/api/settings/", {"texts": {"en": {"booked": "See you: {when}"}}})).ok()
    assert after["texts"]["en"]["booked"] == "See you: {when}"
    body = {"doctor_id": doctor["id"], "patient_id": patient["id"], "start": (await practice.slots(doctor["id"]))[0]}
    (await practice.desk.post("/api/appointments/", body)).ok(201)
    (text,) = await practice.messages(patient_id=patient["id"])
    assert text["body"].startswith("See you: 2026-")
    back = (await practice.admin.patch("/api/settings/", {"texts": {"en": {"booked": None}}})).ok()
    assert back["texts"]["en"]["booked"] == "Your appointment is booked[ for {when}]."


@pytest.mark.gen_test
async def test_a_template_is_previewed(practice: Practice) -> None:
    template = {"kind": "soon", "language": "fr", "template": "Numéro {code} : bientôt[, encore {ahead}]."}
    shown = (await practice.admin.post("/api/settings/texts/preview/", template)).ok(200)
    assert shown == {
        "body": "Numéro AA007 : bientôt, encore 3.",
        "alphabet": "ucs2",
        "units": 33,
        "segments": 1,
        "beyond_gsm7": "ô",
        "problems": [],
        "placeholders": ["ahead", "code", "link"],
        "optional": ["ahead", "link"],
        "standard": "Numéro {code} : votre tour approche[, encore {ahead} avant vous]. Restez à proximité.",
    }
    wrong = (await practice.admin.post("/api/settings/texts/preview/", {**template, "template": "{name}"})).ok(200)
    assert wrong["body"] == "{name}" and len(wrong["problems"]) == 1
    (await practice.desk.post("/api/settings/texts/preview/", template)).problem(403, "forbidden")


@pytest.mark.gen_test
async def test_a_time_zone_is_chosen_in_the_panel_and_counts_from_the_next_start(
    start_server: StartServer, call: Call
) -> None:
    first = await start_server()
    admin = await call(first).sign_in("admin", "admin-password")
    assert fields(await admin.patch("/api/settings/", {"timezone": "Mars/Olympus"})) == ["timezone"]
    chosen = (await admin.patch("/api/settings/", {"timezone": "Asia/Tokyo"})).ok()
    assert (chosen["timezone"], chosen["timezone_now"], chosen["timezone_fixed"]) == ("Asia/Tokyo", "UTC", False)
    await first.stop()
    second = await start_server()
    assert (await call(second).get("/api/clinic/")).ok()["timezone"] == "Asia/Tokyo"
    await second.stop()
    third = await start_server(clinic_timezone="Europe/Madrid")
    admin = await call(third).sign_in("admin", "admin-password")
    assert (await admin.get("/api/clinic/")).ok()["timezone"] == "Europe/Madrid"
    fixed = (await admin.patch("/api/settings/", {"timezone": "Asia/Tokyo"})).problem(422, "invalid")
    assert "CLINIC_TIMEZONE" in fixed["errors"][0]["message"]
