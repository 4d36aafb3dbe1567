"""A small clinic to look at: two doctors with hours all day, a receptionist, and people who come in."""

from __future__ import annotations

from typing import Any

from tests.browser.process import Caller, ServerProcess

ALL_DAY = {weekday: [["00:00", "24:00"]] for weekday in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
DESK = ("reception", "desk-password")


class Scene:
    """The clinic of one test module. Every test takes a doctor of its own, so that queues are empty at its start."""

    def __init__(self, server: ServerProcess) -> None:
        self.server = server
        self.admin = server.caller()
        username, password = DESK
        staff = {"username": username, "password": password, "role": "receptionist", "name": "Robin Desk"}
        self.admin.post("/api/users/", staff)
        self.desk: Caller = server.caller(*DESK)

    @property
    def url(self) -> str:
        return self.server.url

    def doctor(self, name: str, room: str = "3", **given: Any) -> dict[str, Any]:
        """A new doctor."""
        body = {"name": name, "specialty": "General practice", "room": room, "hours": ALL_DAY, **given}
        made: dict[str, Any] = self.admin.post("/api/doctors/", body)
        return made

    def walk_in(self, doctor: dict[str, Any], name: str, **given: Any) -> dict[str, Any]:
        """Somebody joins at the desk."""
        body = {"doctor_id": doctor["id"], "walk_in": {"name": name}, **given}
        ticket: dict[str, Any] = self.desk.post("/api/enqueue/", body)
        return ticket

    def call_next(self, doctor: dict[str, Any]) -> dict[str, Any]:
        """Somebody else calls the next one."""
        answer: dict[str, Any] = self.desk.post("/api/notify-next/", {"doctor_id": doctor["id"]})
        return answer

    def queue(self, doctor: dict[str, Any]) -> dict[str, Any]:
        """The queue as staff see it."""
        view: dict[str, Any] = self.desk.get(f"/api/queue/{doctor['id']}/")
        return view
