"""From the call at the desk to Twilio and into the notification log, over real HTTP on both sides."""

from __future__ import annotations

import asyncio
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from tornado.ioloop import IOLoop

from server.app import Server
from tests.api import Api
from tests.conftest import StartServer
from tests.twilio.faults import FAULTS
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


async def test_a_number_put_right_and_kept_gets_the_call_once(desk: Desk) -> None:
    ticket = await desk.call("+12025550111")
    row = await desk.your_turn(ticket)
    before = len(desk.stand_in.posts)
    path = f"/api/notifications/{row['id']}/resend/"
    sent = (await desk.admin.post(path, {"phone": "+12025550124", "keep": True})).ok(201)
    await desk.server.services.queues.close()
    await desk.server.services.outbox.settle()
    assert [post.form["To"] for post in desk.stand_in.posts[before:]] == ["+12025550124"]
    patient = (await desk.admin.get(f"/api/patients/{row['patient_id']}/")).ok()
    assert (patient["phone"], patient["number_confirmed"]) == ("+12025550124", True)
    later = (await desk.admin.post(f"/api/tickets/{ticket['id']}/recall/", {})).ok()
    assert later["patient"]["phone_masked"].endswith("0124")
    assert (await desk.admin.get(f"/api/notifications/{sent['id']}/")).ok()["state"] == "accepted"


async def test_two_clicks_send_one_text_more(desk: Desk) -> None:
    row = await desk.your_turn(await desk.call("+12025550111"))
    path = f"/api/notifications/{row['id']}/resend/"
    before = len(desk.stand_in.posts)
    replies = await asyncio.gather(*(desk.admin.post(path, {"phone": "+12025550125"}) for _ in range(2)))
    assert sorted(reply.status for reply in replies) == [201, 409]
    await desk.server.services.outbox.settle()
    assert len(desk.stand_in.posts) == before + 1
    problem = (await desk.admin.post(path, {"phone": "+12025550125"})).problem(409, "wrong_state")
    assert problem["state"] == "accepted" and problem["at"]


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


async def test_the_log_is_narrowed_to_groups_codes_and_days(desk: Desk) -> None:
    failed, sent = await desk.your_turn(await desk.call("+12025550111")), await desk.your_turn(await desk.call())
    assert [row["id"] for row in await desk.logged(group="not_reached", kind="your_turn")] == [failed["id"]]
    assert sent["id"] in {row["id"] for row in await desk.logged(group="sent", kind="your_turn")}
    assert [row["id"] for row in await desk.logged(code="21211", kind="your_turn")] == [failed["id"]]
    assert await desk.logged(group="sent", kind="your_turn", doctor_id="somebody-else-entirely") == []
    today = desk.server.services.clinic_time.service_day(desk.server.services.clock.now())
    within = {"since": today.isoformat(), "until": today.isoformat(), "kind": "your_turn"}
    assert {row["id"] for row in await desk.logged(**within)} == {failed["id"], sent["id"]}
    tomorrow, yesterday = today + timedelta(days=1), today - timedelta(days=1)
    assert await desk.logged(since=tomorrow.isoformat()) == []
    assert await desk.logged(until=yesterday.isoformat()) == []
    problem = (await desk.admin.get("/api/notifications/", {"group": "sent", "state": "failed"})).problem(
        422, "invalid"
    )
    assert problem["errors"][0]["field"] == "state"


async def test_a_call_behind_a_refused_account_is_told_at_once(desk: Desk) -> None:
    desk.stand_in.always = FAULTS["20003"]  # the text that tells of the place may be under way at the same time
    ticket = await desk.call("+12025550126")
    while not any(row["code"] == "20003" for row in await desk.logged(ticket_id=ticket["id"], kind="your_turn")):
        await asyncio.sleep(0.01)
    [row] = await desk.logged(ticket_id=ticket["id"], kind="your_turn")
    assert row["state"] == "queued"
    assert ticket["id"] in {item["ticket_id"] for item in await unreached(desk)}


async def test_a_call_that_twilio_does_not_take_is_told_until_it_is_taken(desk: Desk) -> None:
    desk.stand_in.always = FAULTS["429"]
    ticket = await desk.call("+12025550127")
    while not any(item["kind"] == "your_turn" for item in await unreached(desk)):
        await asyncio.sleep(0.01)
    [item] = [item for item in await unreached(desk) if item["kind"] == "your_turn"]
    assert item["ticket_id"] == ticket["id"]
    desk.stand_in.always = None
    assert (await desk.your_turn(ticket))["state"] == "accepted"
    assert [item for item in await unreached(desk) if item["kind"] == "your_turn"] == []


async def unreached(desk: Desk) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await desk.admin.get("/api/notifications/unreached/")).ok()["items"]
    return found


async def test_reception_sees_who_was_not_reached_until_it_is_settled(desk: Desk) -> None:
    ticket = await desk.call("+12025550111")
    row = await desk.your_turn(ticket)
    [item] = [item for item in await unreached(desk) if item["kind"] == "your_turn"]
    assert (item["id"], item["name"], item["ticket_code"], item["room"]) == (row["id"], "Ada", ticket["code"], "1")
    assert (item["to_masked"], item["ticket_state"]) == ("•••• 0111", "called")

    path = f"/api/notifications/{row['id']}/resend/"
    (await desk.admin.post(path, {"phone": "+12025550123", "keep": True})).ok(201)
    assert row["id"] not in {item["id"] for item in await unreached(desk)}
    kept = (await desk.admin.get(f"/api/patients/{row['patient_id']}/")).ok()
    assert (kept["phone"], kept["number_confirmed"]) == ("+12025550123", True)
    events = (await desk.admin.get(f"/api/notifications/{row['id']}/")).ok()["events"]
    assert events[-1]["what"] == "sent_again"


async def test_a_call_that_stands_again_can_be_sent_again(desk: Desk) -> None:
    ticket = await desk.call("+12025550111")
    row = await desk.your_turn(ticket)
    path = f"/api/notifications/{row['id']}/resend/"
    (await desk.admin.post(f"/api/tickets/{ticket['id']}/hold/")).ok()
    (await desk.admin.post(path, {"phone": "+12025550123"})).problem(409, "wrong_state")
    (await desk.admin.post(f"/api/queue/{desk.doctor_id}/undo/")).ok()
    while len(rows := await desk.logged(ticket_id=ticket["id"], kind="your_turn", state="failed")) < 2:
        await asyncio.sleep(0.01)
    latest = max(rows, key=lambda each: each["created_at"])
    assert [item["id"] for item in await unreached(desk) if item["kind"] == "your_turn"] == [latest["id"]]
    path = f"/api/notifications/{latest['id']}/resend/"
    again = (await desk.admin.post(path, {"phone": "+12025550123"})).ok(201)
    while (now_is := (await desk.admin.get(f"/api/notifications/{again['id']}/")).ok())["state"] != "accepted":
        assert now_is["state"] in ("queued", "sending")
        await asyncio.sleep(0.01)


async def test_what_the_patient_knows_by_now_is_not_sent_again(desk: Desk) -> None:
    ticket = await desk.call("+12025550111")
    row = await desk.your_turn(ticket)
    (await desk.admin.post(f"/api/tickets/{ticket['id']}/start/")).ok()
    path = f"/api/notifications/{row['id']}/resend/"
    (await desk.admin.post(path, {"phone": "+12025550123"})).problem(409, "wrong_state")


async def test_a_text_whose_patient_no_longer_agrees_stays_on_the_list(desk: Desk) -> None:
    ticket = await desk.call("+12025550111")
    row = await desk.your_turn(ticket)
    (await desk.admin.call("PATCH", f"/api/patients/{row['patient_id']}/", {"sms_consent": False})).ok()
    refused = (await desk.admin.post(f"/api/notifications/{row['id']}/resend/", {})).ok(201)
    assert (refused["state"], refused["code"]) == ("suppressed", "no_consent")
    assert row["id"] in {item["id"] for item in await unreached(desk)}


async def test_a_text_is_settled_by_hand_or_by_the_patient_coming_all_the_same(desk: Desk) -> None:
    told = await desk.your_turn(await desk.call("+12025550114"))
    (await desk.admin.post(f"/api/notifications/{told['id']}/handled/")).ok()
    assert [item for item in await unreached(desk) if item["kind"] == "your_turn"] == []
    came = await desk.call("+12025550111")
    await desk.your_turn(came)
    assert [item["ticket_id"] for item in await unreached(desk) if item["kind"] == "your_turn"] == [came["id"]]
    (await desk.admin.post(f"/api/tickets/{came['id']}/start/")).ok()
    assert [item for item in await unreached(desk) if item["kind"] == "your_turn"] == []


async def test_somebody_who_answered_stop_is_on_the_list_and_who_never_agreed_is_not(desk: Desk) -> None:
    never = await desk.call(consent=False)
    await desk.your_turn(never)
    assert await unreached(desk) == []
    stopped = await desk.call("+12025550110")
    await desk.your_turn(stopped)
    assert {item["ticket_id"] for item in await unreached(desk)} == {stopped["id"]}


async def test_the_whole_number_is_shown_on_request_and_that_is_written_down(desk: Desk) -> None:
    row = await desk.your_turn(await desk.call())
    shown = (await desk.admin.post(f"/api/notifications/{row['id']}/number/")).ok()
    assert shown == {"phone": "+12025550123"}
    events = (await desk.admin.get(f"/api/notifications/{row['id']}/")).ok()["events"]
    assert [event["what"] for event in events] == ["number_shown"]
    await desk.server.services.audit.flush()
    audited = (await desk.admin.get("/api/audit/", {"subject_id": row["id"]})).ok()["items"]
    assert [entry["action"] for entry in audited] == ["phone number shown"]


async def test_the_log_is_taken_away_as_csv_with_numbers_masked(desk: Desk) -> None:
    await desk.your_turn(await desk.call("+12025550111"))
    await desk.your_turn(await desk.call())
    reply = await desk.admin.get("/api/notifications/export/", {"kind": "your_turn"})
    assert reply.headers["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(StringIO(reply.raw.decode(), newline="")))
    assert [(row["state"], row["code"], row["body"]) for row in rows] == [
        ("accepted", "", YOUR_TURN),
        ("failed", "21211", YOUR_TURN),
    ]
    assert "+1202555" not in reply.raw.decode()


async def test_a_refused_account_is_told_with_its_reason(desk: Desk) -> None:
    assert (await desk.admin.get("/api/notifications/account/")).ok() == {"live": True, "fault": None}
    desk.stand_in.accounts[ACCOUNT_SID] = "another-token"
    await desk.call()
    while (fault := (await desk.admin.get("/api/notifications/account/")).ok()["fault"]) is None:
        await asyncio.sleep(0.01)
    assert (fault["code"], fault["meaning"]) == ("20003", "the account's credentials were not accepted")


async def test_doctors_see_who_was_not_reached_of_their_own_patients_only(desk: Desk) -> None:
    hours = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
    tomorrow = desk.server.services.clinic_time.service_day(desk.server.services.clock.now()) + timedelta(days=1)
    texts: dict[str, set[str]] = {}
    for name in ("first", "second"):
        login = {"username": name, "password": "a-good-password"}
        body = {"name": name, "specialty": "GP", "room": "1", "hours": hours, **login}
        desk.doctor_id = (await desk.admin.post("/api/doctors/", body)).ok(201)["id"]
        called = await desk.call("+12025550111")
        patient = {"name": f"Booked with {name}", "phone": "+12025550111", "sms_consent": True}
        booked = (await desk.admin.post("/api/patients/", patient)).ok(201)["id"]
        query = {"date": tomorrow.isoformat()}
        slot = (await desk.admin.get(f"/api/doctors/{desk.doctor_id}/slots/", query)).ok()["items"][0]["start"]
        booking = {"doctor_id": desk.doctor_id, "patient_id": booked, "start": slot}
        (await desk.admin.post("/api/appointments/", booking)).ok(201)
        texts[name] = {called["patient"]["id"], booked}
    everybody = texts["first"] | texts["second"]
    while {item["patient_id"] for item in await unreached(desk)} != everybody:
        await asyncio.sleep(0.01)
    for name, own in texts.items():
        doctor = await desk.admin.sign_in(name, "a-good-password")
        found = (await doctor.get("/api/notifications/unreached/")).ok()["items"]
        assert {item["patient_id"] for item in found} == own
        others = [item["id"] for item in await unreached(desk) if item["patient_id"] not in own]
        for verb in ("resend", "handled"):
            (await doctor.post(f"/api/notifications/{others[0]}/{verb}/", {})).problem(403, "forbidden")
            (await doctor.post(f"/api/notifications/{found[0]['id']}/{verb}/", {})).ok()
