"""Every staff action leaves one row of the audit, also where its answer was lost and the caller tried again."""

from __future__ import annotations

import csv
from io import StringIO
from typing import Any

import pytest

from server.errors import StorageUnavailable
from tests.http.clinic import Clinic

pytestmark = pytest.mark.gen_test


async def rows(clinic: Clinic, subject_id: str) -> list[str]:
    """What was done to one subject, oldest first."""
    await clinic.server.services.audit.flush()
    page = (await clinic.admin.get("/api/audit/", {"subject_id": subject_id})).ok()
    return [row["action"] for row in reversed(page["items"])]


def lose_answers(clinic: Clinic, monkeypatch: pytest.MonkeyPatch, use_case: str) -> None:
    """The queue carries commands out, and the database does not say so."""
    carry_out = getattr(clinic.server.services.queues, use_case)

    async def lost(*given: Any) -> None:
        await carry_out(*given)
        raise StorageUnavailable

    monkeypatch.setattr(clinic.server.services.queues, use_case, lost)


async def test_a_call_whose_answer_was_lost_stands_in_the_audit_once(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = await clinic.walk_in()
    body = {"doctor_id": clinic.doctor_id}
    with monkeypatch.context() as patch:
        lose_answers(clinic, patch, "run")
        (await clinic.desk.post("/api/notify-next/", body, key="call")).problem(503, "storage_unavailable")
    assert await rows(clinic, ticket["id"]) == ["enqueue"]
    for _ in range(2):
        again = await clinic.desk.post("/api/notify-next/", body, key="call")
        assert again.ok(200)["called"]["id"] == ticket["id"]
        assert again.headers["Idempotency-Replayed"] == "true"
        clinic.server.services.replays._entries.clear()
    assert await rows(clinic, ticket["id"]) == ["enqueue", "call next"]


async def test_a_command_whose_answer_was_lost_stands_in_the_audit_once(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = await clinic.walk_in()
    path = f"/api/tickets/{ticket['id']}/hold/"
    with monkeypatch.context() as patch:
        lose_answers(clinic, patch, "run_on_ticket")
        (await clinic.desk.post(path, {}, key="hold")).problem(503, "storage_unavailable")
    for _ in range(3):
        (await clinic.desk.post(path, {}, key="hold")).ok(200)
    (await clinic.on(ticket, "resume")).ok()
    (await clinic.on(ticket, "hold")).ok()
    assert await rows(clinic, ticket["id"]) == ["enqueue", "hold ticket", "resume ticket", "hold ticket"]


async def test_an_undo_says_which_step_on_which_tickets(clinic: Clinic) -> None:
    first, second = await clinic.walk_in(), await clinic.walk_in("Bo Lind")
    undo = f"/api/queue/{clinic.doctor_id}/undo/"
    for path in ("/api/notify-next/", f"/api/queue/{clinic.doctor_id}/cancel-all/"):
        body = {"doctor_id": clinic.doctor_id} if path.startswith("/api/notify") else {}
        (await clinic.desk.post(path, body)).ok(200)
        (await clinic.desk.post(undo, {})).ok(200)
    await clinic.server.services.audit.flush()
    page = (await clinic.admin.get("/api/audit/", {"action": "undo queue"})).ok()
    assert {row["subject_id"] for row in page["items"]} == {clinic.doctor_id}
    assert [row["detail"] for row in reversed(page["items"])] == [
        {"undone": "call_next", "codes": first["code"]},
        {"undone": "cancel_all", "codes": f"{first['code']}, {second['code']}"},
    ]


async def test_what_a_restarted_server_recognises_leaves_no_second_row(clinic: Clinic) -> None:
    patient = {"name": "Bo Example", "sms_consent": False}
    registered = (await clinic.desk.post("/api/patients/", patient, key="register")).ok(201)
    clinic.server.services.replays._entries.clear()
    (await clinic.desk.post("/api/patients/", patient, key="register")).ok(201)
    assert await rows(clinic, registered["id"]) == ["register patient"]


async def test_the_audit_is_filtered_by_person_deed_subject_and_day_and_taken_away(clinic: Clinic) -> None:
    patient = {"name": "Bo Example", "sms_consent": False}
    made = (await clinic.desk.post("/api/patients/", patient)).ok(201)
    (await clinic.admin.patch(f"/api/patients/{made['id']}/", {"name": "Bo Renamed"})).ok()
    await clinic.walk_in()
    await clinic.server.services.audit.flush()

    async def found(**query: str) -> list[str]:
        items = (await clinic.admin.get("/api/audit/", query)).ok()["items"]
        return [row["action"] for row in items]

    desk_id = str(clinic.desk.user["id"])
    assert await found(actor_id=desk_id, subject_id=made["id"]) == ["register patient"]
    assert await found(action="change patient") == ["change patient"]
    assert set(await found(actor_id=desk_id)) == {"register patient", "enqueue", "sign in"}
    today = clinic.server.services.queues.today().isoformat()
    assert await found(action="enqueue", since=today, until=today) == ["enqueue"]
    assert await found(since="2100-01-01") == await found(until="2001-01-01") == []
    (row,) = (await clinic.admin.get("/api/audit/", {"action": "change patient"})).ok()["items"]
    assert (row["subject"], row["actor"]["role"], row["detail"]) == ("Bo Renamed", "admin", {"fields": "name"})
    file = await clinic.admin.get("/api/audit/export/", {"subject_id": made["id"]})
    lines = list(csv.reader(StringIO(file.raw.decode("utf-8-sig"))))
    assert [line[3] for line in lines] == ["action", "change patient", "register patient"]
    assert lines[1][4:6] == ["", made["id"]]
    await clinic.server.services.audit.flush()
    assert await found(action="audit exported") == ["audit exported"]
    (await clinic.desk.get("/api/audit/export/")).problem(403, "forbidden")
