"""A clinic over HTTP: a doctor, a receptionist, a patient, and the short words tests use for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from server.app import Server
from tests.api import Api, Reply

PASSWORD = "a-password-1"


@dataclass(frozen=True)
class Clinic:
    """Callers by role, and the doctor's id; `patient.user["patient_id"]` is the patient's."""

    server: Server
    admin: Api
    desk: Api
    doctor: Api
    patient: Api
    doctor_id: str

    @property
    def anyone(self) -> Api:
        return self.admin.with_token(None)

    async def walk_in(self, name: str = "Bo Example", *, doctor_id: str = "", **fields: Any) -> dict[str, Any]:
        """The ticket of a new walk-in."""
        body = {"doctor_id": doctor_id or self.doctor_id, "walk_in": {"name": name}, **fields}
        ticket: dict[str, Any] = (await self.desk.post("/api/enqueue/", body)).ok(201)
        return ticket

    async def next(self, **fields: Any) -> Reply:
        return await self.desk.post("/api/notify-next/", {"doctor_id": self.doctor_id, **fields})

    async def on(self, ticket: dict[str, Any], command: str, body: Any = None, *, by: Api | None = None) -> Reply:
        return await (by or self.desk).post(f"/api/tickets/{ticket['id']}/{command}/", body)

    async def view(self, by: Api | None = None) -> dict[str, Any]:
        found: dict[str, Any] = (await (by or self.desk).get(f"/api/queue/{self.doctor_id}/")).ok()
        return found

    async def second_doctor(self, **fields: Any) -> str:
        body = {"name": "Dr Silva", "specialty": "GP", "room": "Room 5", **fields}
        return str((await self.admin.post("/api/doctors/", body)).ok(201)["id"])


async def make_clinic(server: Server, admin: Api) -> Clinic:
    body = {"name": "Dr Rao", "specialty": "GP", "room": "Room 3", "username": "rao", "password": PASSWORD}
    doctor = (await admin.post("/api/doctors/", body)).ok(201)
    desk = {"username": "desk", "password": PASSWORD, "role": "receptionist"}
    (await admin.post("/api/users/", desk)).ok(201)
    amina = {"name": "Amina Example", "phone": "+12025550147", "sms_consent": True}
    (await admin.with_token(None).post("/api/patients/", {**amina, "username": "amina", "password": PASSWORD})).ok(201)
    return Clinic(
        server,
        admin,
        await admin.sign_in("desk", PASSWORD),
        await admin.sign_in("rao", PASSWORD),
        await admin.sign_in("amina", PASSWORD),
        doctor["id"],
    )
