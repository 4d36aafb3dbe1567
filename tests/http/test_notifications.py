"""From the call at the desk to Twilio and into the notification log, over real HTTP on both sides."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from tornado.ioloop import IOLoop

from server.app import Server
from tests.api import Api
from tests.conftest import StartServer
from tests.twilio.server import ACCOUNT_SID, AUTH_TOKEN, StandIn

pytestmark = pytest.mark.gen_test(timeout=30)

YOUR_TURN = "It is your turn. Please proceed to the doctor's office."


@dataclass
class Desk:
    """A server that sends to the stand-in, and its administrator."""

    server: Server
    stand_in: StandIn
    admin: Api
    doctor_id: str = ""

    async def call(self, phone: str | None = "+12025550123", *, consent: bool = True) -> dict[str, Any]:
        """Register somebody, put them into the queue and call them; the called ticket."""
        patient = {"name": "Ada", "phone": phone, "sms_consent": consent}
        registered = (await self.admin.post("/api/patients/", patient)).ok(201)
        body = {"doctor_id": self.doctor_id, "patient_id": registered["id"]}
        (await self.admin.post("/api/enqueue/", body)).ok(201)
        answer = (await self.admin.post("/api/notify-next/", {"doctor_id": self.doctor_id})).ok()
        called: dict[str, Any] = answer["called"]
        return called

    async def logged(self, **query: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.admin.get("/api/notifications/", query)).ok()["items"]
        return found

    async def your_turn(self, ticket: dict[str, Any]) -> dict[str, Any]:
        """The ticket's `your_turn`, once the relay has brought it and its request has ended."""
        while True:
            for row in await self.logged(ticket_id=ticket["id"], kind="your_turn"):
                if row["state"] not in ("queued", "sending"):
                    return row
            await asyncio.sleep(0.01)


@pytest.fixture
def desk(io_loop: IOLoop, start_server: StartServer) -> Iterator[Desk]:
    async def start() -> Desk:
        stand_in = StandIn()
        stand_in.start()
        server = await start_server(
            twilio_account_sid=ACCOUNT_SID,
            twilio_auth_token=AUTH_TOKEN,
            twilio_from_number="+12025550100",
            twilio_api_url=stand_in.url,
        )
        admin = await Api(server.url).sign_in("admin", "admin-password")
        made = Desk(server, stand_in, admin)
        doctor = (await admin.post("/api/doctors/", {"name": "Dr Rao", "specialty": "GP", "room": "1"})).ok(201)
        made.doctor_id = doctor["id"]
        return made

    made = io_loop.run_sync(start)
    yield made
    made.admin.close()
    io_loop.run_sync(made.stand_in.close)


async def test_a_call_reaches_twilio_and_its_outcome_stands_in_the_log(desk: Desk) -> None:
    ticket = await desk.call()
    row = await desk.your_turn(ticket)
    [post] = [post for post in desk.stand_in.posts if post.form["Body"] == YOUR_TURN]
    assert post.form["To"] == "+12025550123"
    assert (row["state"], row["sid"], row["body"]) == ("accepted", post.sid, YOUR_TURN)
    assert row["to_masked"] == "•••• 0123"
    assert [attempt["outcome"] for attempt in row["attempts"]] == ["accepted"]
    assert (await desk.admin.get(f"/api/notifications/{row['id']}/")).ok() == row
    shown = (await desk.admin.get(f"/api/tickets/{ticket['id']}/")).ok()
    assert shown["sms"] == {"state": "accepted", "code": None}
    assert row in shown["messages"]


async def test_a_failed_text_is_shown_and_sent_again_to_another_number_once(desk: Desk) -> None:
    ticket = await desk.call("+12025550111")
    row = await desk.your_turn(ticket)
    assert (row["state"], row["code"], row["reason"]) == ("failed", "21211", "the number is invalid")
    assert row["id"] in {item["id"] for item in await desk.logged(state="failed")}

    path = f"/api/notifications/{row['id']}/resend/"
    before = len(desk.stand_in.posts)
    first = await desk.admin.post(path, {"phone": "(202) 555-0123"}, key="again")
    second = await desk.admin.post(path, {"phone": "(202) 555-0123"}, key="again")
    assert first.ok(201)["id"] == second.ok(201)["id"] != row["id"]
    assert second.headers["Idempotency-Replayed"] == "true"
    await desk.server.services.outbox.settle()
    assert [post.form["To"] for post in desk.stand_in.posts[before:]] == ["+12025550123"]
    sent = (await desk.admin.get(f"/api/notifications/{first.json['id']}/")).ok()
    assert (sent["state"], sent["events"][0]["what"]) == ("accepted", "resend_of")


async def test_without_consent_nothing_is_sent_and_the_log_would_say_so(desk: Desk) -> None:
    ticket = await desk.call(consent=False)
    row = await desk.your_turn(ticket)
    assert (row["state"], row["code"]) == ("suppressed", "no_consent")
    assert desk.stand_in.posts == []


async def test_wrong_requests_name_what_is_wrong(desk: Desk) -> None:
    problem = (await desk.admin.get("/api/notifications/", {"state": "lost"})).problem(422, "invalid")
    assert problem["errors"][0]["field"] == "state"
    problem = (await desk.admin.get("/api/notifications/", {"day": "2026-02-30"})).problem(422, "invalid")
    assert problem["errors"][0]["field"] == "day"
    (await desk.admin.get("/api/notifications/nobody:your_turn:1/")).problem(404, "not_found")
    (await desk.admin.post("/api/notifications/nobody:your_turn:1/resend/")).problem(404, "not_found")
    ticket = await desk.call("+12025550114")
    row = await desk.your_turn(ticket)
    path = f"/api/notifications/{row['id']}/resend/"
    problem = (await desk.admin.post(path, {"phone": "12"})).problem(422, "invalid")
    assert problem["errors"][0]["field"] == "phone"
    (await desk.admin.post(path, {"number": "1"})).problem(422, "invalid")


async def test_the_log_is_for_staff(desk: Desk) -> None:
    anonymous = desk.admin.with_token(None)
    (await anonymous.get("/api/notifications/")).problem(401, "not_signed_in")
    (await anonymous.post("/api/notifications/x/resend/")).problem(401, "not_signed_in")


async def test_an_anonymised_patients_texts_keep_their_outcome_only(desk: Desk) -> None:
    ticket = await desk.call()
    row = await desk.your_turn(ticket)
    (await desk.admin.post(f"/api/tickets/{ticket['id']}/finish/")).ok()
    (await desk.admin.delete(f"/api/patients/{row['patient_id']}/")).ok()
    shown = (await desk.admin.get(f"/api/notifications/{row['id']}/")).ok()
    assert (shown["to_masked"], shown["body"], shown["state"]) == ("", "", "accepted")


async def test_an_account_that_twilio_refuses_shows_in_the_metrics(desk: Desk) -> None:
    desk.stand_in.accounts[ACCOUNT_SID] = "another-token"
    ticket = await desk.call()
    while "20003" not in {row["code"] for row in await desk.logged(ticket_id=ticket["id"])}:
        await asyncio.sleep(0.01)
    metrics = (await desk.admin.get("/metrics")).raw.decode()
    assert 'clinic_sms_blocked{code="20003"} 1.0' in metrics
