"""The fields of a doctor and of a team."""

from __future__ import annotations

import pytest

from server.doctors.model import Doctor, DoctorChanges, Kind, NewDoctor, build, change
from server.errors import Invalid


def doctor(**given: object) -> Doctor:
    new = NewDoctor(**{"name": "Dr Rao", "specialty": "Cardiology", "room": "3", **given})  # type: ignore[arg-type]
    return build(new, id="d" * 22, order="1", request_hash="")


def wrong(**given: object) -> list[str]:
    with pytest.raises(Invalid) as refusal:
        doctor(**given)
    return [error.field for error in refusal.value.errors]


def test_sensible_defaults() -> None:
    made = doctor()
    assert (made.kind, made.rooms, made.letter, made.slot_minutes) == (Kind.DOCTOR, ("3",), "", 15)
    assert set(made.hours.as_json()) == {"mon", "tue", "wed", "thu", "fri"}


def test_every_wrong_field_is_named() -> None:
    assert wrong(name=" ", specialty="x" * 101, room="", letter="123", slot_minutes=0, hours={"x": []}) == [
        "name",
        "specialty",
        "room",
        "letter",
        "slot_minutes",
        "hours.x",
    ]
    assert wrong(username="rao") == ["password"]
    assert wrong(password="secret") == ["username"]


def test_a_team_has_rooms_and_a_doctor_one() -> None:
    assert doctor(kind=Kind.TEAM, rooms=["4", "3"]).rooms == ("3", "4")
    assert doctor(kind=Kind.TEAM).rooms == ("3",)
    assert wrong(kind=Kind.TEAM, rooms=["4", "3", " 4"]) == ["rooms"]
    assert wrong(kind=Kind.TEAM, rooms=["Lab", "lab"]) == ["rooms"]
    assert wrong(kind=Kind.TEAM, rooms=[]) == ["rooms"]
    assert wrong(rooms=["3", "4"]) == ["rooms"]
    assert doctor(rooms=["3"]).rooms == ("3",)


def test_a_changed_room_moves_the_doctor() -> None:
    assert change(doctor(), DoctorChanges(room="7")).rooms == ("7",)
    team = doctor(kind=Kind.TEAM, rooms=["3", "4"])
    assert change(team, DoctorChanges(room="7")).rooms == ("7", "4")
    assert change(team, DoctorChanges(rooms=["8", "9"])).room == "8"
    assert change(team, DoctorChanges(room="4")).rooms == ("4",)
    for rooms in ([], ["8", "8"]):
        with pytest.raises(Invalid):
            change(team, DoctorChanges(rooms=rooms))
    assert change(team, DoctorChanges(kind=Kind.DOCTOR)).rooms == ("3",)
    assert change(doctor(), DoctorChanges(kind=Kind.TEAM)).rooms == ("3",)


def test_unchanged_fields_stay() -> None:
    assert change(doctor(letter="q"), DoctorChanges()) == doctor(letter="Q")
