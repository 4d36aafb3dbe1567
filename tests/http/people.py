"""A clinic with people in it, for HTTP tests: staff who are signed in, doctors, patients."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from server.app import Server
from tests.api import Api, Reply
from tests.clocks import TurnedClock
from tests.conftest import StartServer

ALL_DAY = {weekday: [["00:00", "24:00"]] for weekday in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}


@dataclass(frozen=True)
class Practice:
    """A running server with a clock that stands at Monday noon, an administrator and a receptionist."""

    server: Server
    clock: TurnedClock
    anyone: Api
    admin: Api
    desk: Api

    def forget_answers(self) -> None:
        """As a restart does: what was done is then known to the database alone."""
        self.server.services.replays._entries.clear()

    async def doctor(self, **given: Any) -> dict[str, Any]:
        """A new doctor with hours all day."""
        body = {"name": "Dr Rao", "specialty": "Cardiology", "room": "3", "hours": ALL_DAY, **given}
        made: dict[str, Any] = (await self.admin.post("/api/doctors/", body)).ok(201)
        return made

    async def patient(self, **given: Any) -> dict[str, Any]:
        """A patient as the desk registers one."""
        made: dict[str, Any] = (await self.desk.post("/api/patients/", person(**given))).ok(201)
        return made

    async def registered(self, username: str, **given: Any) -> Api:
        """A patient who registered without help, signed in."""
        body = person(**{"phone": "+12025550199", "username": username, "password": "my own password", **given})
        (await self.anyone.post("/api/patients/", body)).ok(201)
        return await self.anyone.sign_in(username, "my own password")

    async def slots(self, doctor_id: str, date: str = "2026-03-02") -> list[str]:
        """The starts that can be booked."""
        reply = await self.anyone.get(f"/api/doctors/{doctor_id}/slots/", {"date": date})
        return [slot["start"] for slot in reply.ok(200)["items"]]

    async def messages(self, **filters: str) -> list[dict[str, Any]]:
        """What the notification log holds, newest first."""
        items: list[dict[str, Any]] = (await self.desk.get("/api/notifications/", filters)).ok()["items"]
        return items

    async def code_sent_to(self, patient_id: str) -> str:
        """The latest confirming code, as the patient reads it."""
        latest = (await self.messages(patient_id=patient_id, kind="code"))[0]
        found = re.search(r"\b\d{6}\b", latest["body"])
        assert found, latest
        return found[0]


def person(**given: Any) -> dict[str, Any]:
    """A body for POST /api/patients/."""
    return {"name": "Robin Example", "sms_consent": True, **given}


def fields(reply: Reply) -> list[str]:
    """The fields an `invalid` answer names."""
    return [error["field"] for error in reply.problem(422, "invalid")["errors"]]


async def open_practice(start_server: StartServer, clock: TurnedClock, **settings: Any) -> Practice:
    """Start the server and sign the staff in."""
    server = await start_server(clock=clock, **settings)
    anyone = Api(server.url)
    admin = await anyone.sign_in("admin", "admin-password")
    user = {"username": "desk", "password": "desk-password", "role": "receptionist", "name": "Desk"}
    (await admin.post("/api/users/", user)).ok(201)
    return Practice(server, clock, anyone, admin, await anyone.sign_in("desk", "desk-password"))
