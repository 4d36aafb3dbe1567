"""One caller of each role, and a doctor with a queue, for tests over HTTP."""

from __future__ import annotations

from dataclasses import dataclass

from tests.api import Api

PASSWORD = "a-good-password"


@dataclass(frozen=True, slots=True)
class People:
    """`patient_id` is the patient's record, `doctor_id` the one whose account `doctor` is."""

    anonymous: Api
    admin: Api
    receptionist: Api
    doctor: Api
    patient: Api
    doctor_id: str
    patient_id: str

    def of(self, role: str) -> Api:
        caller: Api = getattr(self, role)
        return caller


async def gather_people(api: Api, admin: Api) -> People:
    """Make them through the API."""
    doctor = {"name": "Dr Rao", "specialty": "General", "room": "1", "username": "rao", "password": PASSWORD}
    doctor_id = (await admin.post("/api/doctors/", doctor)).ok(201)["id"]
    desk = {"username": "desk", "password": PASSWORD, "role": "receptionist", "name": "The desk"}
    (await admin.post("/api/users/", desk)).ok(201)
    patient = {"name": "Pat Example", "phone": "+12025550123", "sms_consent": True}
    patient_id = (await api.post("/api/patients/", {**patient, "username": "pat", "password": PASSWORD})).ok(201)["id"]
    return People(
        anonymous=api,
        admin=admin,
        receptionist=await api.sign_in("desk", PASSWORD),
        doctor=await api.sign_in("rao", PASSWORD),
        patient=await api.sign_in("pat", PASSWORD),
        doctor_id=doctor_id,
        patient_id=patient_id,
    )
