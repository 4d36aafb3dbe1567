"""What Twilio tells us over HTTP: signed as it signs, behind a proxy, in any order, or not Twilio at all."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
from tornado.ioloop import IOLoop

from server.app import Server
from server.errors import StorageUnavailable
from server.messenger import QueueMessenger
from tests.api import Api
from tests.conftest import StartServer
from tests.twilio.server import ACCOUNT_SID, AUTH_TOKEN, StandIn

pytestmark = pytest.mark.gen_test(timeout=30)

PUBLIC_URL = "https://clinic.example"
INBOUND = f"{PUBLIC_URL}/api/twilio/inbound/"
PHONE = "+12025550123"


@dataclass
class Line:
    """A server behind a TLS proxy (its own address is another than PUBLIC_URL), and Twilio on the other end."""

    server: Server
    stand_in: StandIn
    admin: Api
    doctor_id: str = ""

    async def call(self) -> dict[str, Any]:
        """Somebody is called; their text once it is known what became of it."""
        patient = {"name": "Ada", "phone": PHONE, "sms_consent": True}
        registered = (await self.admin.post("/api/patients/", patient)).ok(201)
        body = {"doctor_id": self.doctor_id, "patient_id": registered["id"]}
        (await self.admin.post("/api/enqueue/", body)).ok(201)
        called = (await self.admin.post("/api/notify-next/", {"doctor_id": self.doctor_id})).ok()["called"]
        while True:
            rows = (await self.admin.get("/api/notifications/", {"ticket_id": called["id"]})).ok()["items"]
            for row in rows:
                if row["kind"] == "your_turn" and row["state"] not in ("queued", "sending"):
                    text: dict[str, Any] = row
                    return text
            await asyncio.sleep(0.01)

    async def report(self, sid: str, status: str, code: int | None = None, **how: Any) -> int:
        return await self.stand_in.report(sid, status, code, through=self.server.url, **how)

    async def row(self, kind: str = "your_turn") -> dict[str, Any]:
        found = (await self.admin.get("/api/notifications/", {"kind": kind})).ok()["items"]
        row: dict[str, Any] = found[0]
        return row

    async def answer(self, body: str, sid: str = "SM1", **fields: str) -> str:
        """Somebody answers a text; what the product says to it."""
        form = {"MessageSid": sid, "From": PHONE, "To": "+12025550100", "Body": body, **fields}
        reply = await self.stand_in.call_back(INBOUND, form, through=self.server.url)
        assert (reply.code, reply.headers["Content-Type"].partition(";")[0]) == (200, "text/xml")
        return reply.body.decode()


def account(stand_in: StandIn) -> dict[str, Any]:
    return {
        "twilio_account_sid": ACCOUNT_SID,
        "twilio_auth_token": AUTH_TOKEN,
        "twilio_from_number": "+12025550100",
        "twilio_api_url": stand_in.url,
        "public_url": PUBLIC_URL,
    }


@pytest.fixture
def line(io_loop: IOLoop, start_server: StartServer) -> Iterator[Line]:
    async def start() -> Line:
        stand_in = StandIn()
        stand_in.start()
        server = await start_server(**account(stand_in))
        admin = await Api(server.url).sign_in("admin", "admin-password")
        doctor = {"name": "Dr Rao", "specialty": "GP", "room": "Room 3"}
        doctor_id = (await admin.post("/api/doctors/", doctor)).ok(201)["id"]
        return Line(server, stand_in, admin, doctor_id)

    made = io_loop.run_sync(start)
    yield made
    made.admin.close()
    io_loop.run_sync(made.stand_in.close)


async def test_receipts_move_the_text_up_and_all_stand_in_its_log(line: Line) -> None:
    sid = (await line.call())["sid"]
    for status in ("sent", "sending", "delivered", "delivered", "sent"):
        assert await line.report(sid, status) == 204
    row = await line.row()
    assert row["state"] == "delivered"
    assert [event["detail"] for event in row["events"] if event["what"] == "receipt"] == [
        "sent",
        "sending",
        "delivered",
        "delivered",
        "sent",
    ]


async def test_a_failure_is_told_with_its_code_and_meaning(line: Line) -> None:
    sid = (await line.call())["sid"]
    assert await line.report(sid, "undelivered", 30005) == 204
    row = await line.row()
    assert (row["state"], row["code"], row["reason"]) == (
        "undelivered",
        "30005",
        "the number does not exist or is not in use",
    )


async def test_a_message_nobody_knows_is_answered_all_the_same(line: Line) -> None:
    form = {"MessageSid": "SM" + "9" * 32, "MessageStatus": "delivered"}
    for query in ("", "?m=nobody&a=nothing", "?m=%F0%9F%92%A9&a="):
        url = f"{PUBLIC_URL}/api/twilio/status/{query}"
        assert (await line.stand_in.call_back(url, form, through=line.server.url)).code == 204


async def test_without_our_ids_the_sid_finds_the_text(line: Line) -> None:
    sid = (await line.call())["sid"]
    form = {"MessageSid": sid, "MessageStatus": "delivered"}
    url = f"{PUBLIC_URL}/api/twilio/status/"
    assert (await line.stand_in.call_back(url, form, through=line.server.url)).code == 204
    assert (await line.row())["state"] == "delivered"


@pytest.mark.parametrize("forged", ["no signature", "another token", "another form", "another address", "no form"])
async def test_whoever_is_not_twilio_is_refused_and_changes_nothing(line: Line, forged: str) -> None:
    sid = (await line.call())["sid"]
    url = line.stand_in.messages[sid]["status_callback"]
    form = {"MessageSid": sid, "MessageStatus": "delivered"}
    stand_in, through = line.stand_in, line.server.url
    if forged == "no signature":
        reply = await stand_in.call_back(url, form, through=through, signature="")
    elif forged == "another token":
        reply = await stand_in.call_back(url, form, through=through, key="wrong")
    elif forged == "another form":
        form["ErrorCode"] = "30003"
        reply = await stand_in.call_back(url, form, through=through, signature="AAAAAAAAAAAAAAAAAAAAAAAAAAA=")
    elif forged == "another address":
        reply = await stand_in.call_back(url.replace("clinic", "other"), form, through=through)
    else:
        parts = urlsplit(url)
        sent = await line.admin.with_token(None).post(
            f"{parts.path}?{parts.query}", b"\xff\xfe", X_Twilio_Signature="x"
        )
        sent.problem(403, "forbidden")
        assert (await line.row())["state"] == "accepted"
        return
    assert reply.code == 403
    assert (await line.row())["state"] == "accepted"


async def test_spaces_and_blanks_of_the_form_are_part_of_what_is_signed(line: Line) -> None:
    await line.answer("  Stop  ", FromCity="", FromState=" ", Extra="ä & é = +")
    assert line.server.services.outbox.suppression.holds(PHONE)


async def test_stop_keeps_texts_away_until_start(line: Line) -> None:
    assert "<Response></Response>" in await line.answer("STOP")
    row = await line.call()
    assert (row["state"], row["code"]) == ("suppressed", "opted_out")
    assert line.stand_in.posts == []
    await line.answer("start", "SM2")
    assert (await line.call())["state"] == "accepted"


async def test_what_a_crash_left_to_be_sent_does_not_go_to_whoever_has_said_stop(
    line: Line, start_server: StartServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise StorageUnavailable

    with monkeypatch.context() as patched:  # the call is saved, and its text never gets as far as the outbox
        patched.setattr(QueueMessenger, "text", away)
        registered = (await line.admin.post("/api/patients/", {"name": "Ada", "phone": PHONE, "sms_consent": True})).ok(
            201
        )
        (await line.admin.post("/api/enqueue/", {"doctor_id": line.doctor_id, "patient_id": registered["id"]})).ok(201)
        called = (await line.admin.post("/api/notify-next/", {"doctor_id": line.doctor_id})).ok()["called"]
        await line.answer("STOP")
        await line.server.stop()
    server = await start_server(**account(line.stand_in))
    api = await Api(server.url).sign_in("admin", "admin-password")
    try:
        record = (await api.get(f"/api/patients/{registered['id']}/")).ok()
        assert (record["opted_out"], record["sms_consent"]) == (True, True)
        query = {"ticket_id": called["id"], "kind": "your_turn"}
        while not (rows := (await api.get("/api/notifications/", query)).ok()["items"]):
            await asyncio.sleep(0.01)
        assert (rows[0]["state"], rows[0]["code"]) == ("suppressed", "opted_out")
    finally:
        api.close()
    assert line.stand_in.posts == []


async def test_other_answers_change_nothing_and_are_answered_with_nothing(line: Line) -> None:
    for number, text in enumerate(("HERE", "LATE", "1", "", "stop it please", "STOP", "HELP", "help me")):
        assert (await line.answer(text, f"SM{number}")).endswith("<Response></Response>")
    assert line.server.services.outbox.suppression.holds(PHONE)


async def test_an_old_stop_that_twilio_repeats_does_not_undo_a_start(line: Line) -> None:
    await line.answer("STOP", "SM1")
    await line.answer("START", "SM2")
    await line.answer("STOP", "SM1")
    assert not line.server.services.outbox.suppression.holds(PHONE)


async def test_without_an_account_nobody_can_be_twilio(api: Api, server: Server) -> None:
    for path in ("/api/twilio/status/", "/api/twilio/inbound/"):
        (await api.post(path, b"Body=STOP", X_Twilio_Signature="x")).problem(403, "forbidden")
