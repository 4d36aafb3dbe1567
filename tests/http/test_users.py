"""Users and the audit, as administrators work with them."""

from __future__ import annotations

import pytest

from server.app import Server
from tests.api import Api
from tests.http.roles import PASSWORD, People

NEW = {"username": "Front.Desk", "password": PASSWORD, "role": "receptionist", "name": "Front desk"}


@pytest.mark.gen_test
async def test_a_new_user_can_sign_in_and_work(api: Api, admin: Api) -> None:
    user = (await admin.post("/api/users/", NEW)).ok(201)
    assert (user["username"], user["role"], user["name"]) == ("front.desk", "receptionist", "Front desk")
    caller = await api.sign_in("FRONT.desk", PASSWORD)
    (await caller.get("/api/patients/")).ok()
    assert (await admin.get(f"/api/users/{user['id']}/")).ok() == user


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"username": "a"}, "username"),
        ({"username": "two words"}, "username"),
        ({"username": "admin"}, "username"),
        ({"password": "short"}, "password"),
        ({"password": "ü" * 37}, "password"),
        ({"role": "patient"}, "role"),
        ({"role": "boss"}, "role"),
        ({"role": "doctor"}, "doctor_id"),
        ({"doctor_id": "AAAAAAAAAAAAAAAAAAAAAA"}, "doctor_id"),
    ],
)
@pytest.mark.gen_test
async def test_what_is_wrong_with_a_new_user_is_named(admin: Api, changed: dict[str, str], field: str) -> None:
    problem = (await admin.post("/api/users/", NEW | changed)).problem(422, "invalid")
    assert field in [error["field"] for error in problem["errors"]]


@pytest.mark.gen_test
async def test_users_are_listed_by_page_and_by_role(people: People) -> None:
    admin = people.admin
    first = (await admin.get("/api/users/", {"limit": 3})).ok()
    rest = (await admin.get("/api/users/", {"limit": 3, "cursor": first["next_cursor"]})).ok()
    listed = [user["username"] for user in [*first["items"], *rest["items"]]]
    assert listed == ["pat", "desk", "rao", "admin"]
    assert rest["next_cursor"] is None
    doctors = (await admin.get("/api/users/", {"role": "doctor"})).ok()["items"]
    assert [user["doctor_id"] for user in doctors] == [people.doctor_id]


@pytest.mark.gen_test
async def test_a_changed_role_ends_the_sessions(people: People) -> None:
    desk = people.receptionist
    session = (await people.anonymous.post("/api/token/", {"username": "desk", "password": PASSWORD})).ok()
    (await people.admin.patch(f"/api/users/{desk.user['id']}/", {"name": "Another name"})).ok()
    (await desk.get("/api/me/")).ok()
    changed = (await people.admin.patch(f"/api/users/{desk.user['id']}/", {"role": "admin"})).ok()
    assert changed["role"] == "admin"
    (await desk.get("/api/me/")).problem(401, "not_signed_in")
    refresh = await people.anonymous.post("/api/token/refresh/", {"refresh": session["refresh"]})
    refresh.problem(401, "not_signed_in")
    again = await people.anonymous.sign_in("desk", PASSWORD)
    (await again.get("/api/users/")).ok()


@pytest.mark.gen_test
async def test_a_doctors_account_needs_its_doctor(people: People) -> None:
    path = f"/api/users/{people.receptionist.user['id']}/"
    (await people.admin.patch(path, {"role": "doctor"})).problem(422, "invalid")
    changed = (await people.admin.patch(path, {"role": "doctor", "doctor_id": people.doctor_id})).ok()
    assert changed["doctor_id"] == people.doctor_id
    back = (await people.admin.patch(path, {"role": "receptionist"})).ok()
    assert back["doctor_id"] is None
    (await people.admin.patch(path, {"role": "patient"})).problem(422, "invalid")


@pytest.mark.gen_test
async def test_a_password_set_by_the_administrator_ends_the_sessions(people: People) -> None:
    path = f"/api/users/{people.patient.user['id']}/password/"
    (await people.admin.post(path, {"password": "short"})).problem(422, "invalid")
    (await people.admin.post(path, {"password": "set-by-the-admin"})).ok(204)
    (await people.patient.get("/api/me/")).problem(401, "not_signed_in")
    pat = await people.anonymous.sign_in("pat", "set-by-the-admin")
    assert pat.user["must_change_password"] is True
    again = await people.anonymous.post("/api/token/", {"username": "pat", "password": "set-by-the-admin"})
    again.problem(401, "invalid_credentials")


@pytest.mark.gen_test
async def test_an_administrators_own_password_stays(people: People) -> None:
    path = f"/api/users/{people.admin.user['id']}/password/"
    (await people.admin.post(path, {"password": "chosen by myself"})).ok(204)
    for _ in range(2):
        assert (await people.anonymous.sign_in("admin", "chosen by myself")).user["must_change_password"] is False


@pytest.mark.gen_test
async def test_a_password_that_was_given_out_opens_nothing_until_it_is_changed(people: People) -> None:
    given, own = "set-by-the-admin", "my own password"
    desk_id = people.receptionist.user["id"]
    (await people.admin.post(f"/api/users/{desk_id}/password/", {"password": given})).ok(204)
    session = (await people.anonymous.post("/api/token/", {"username": "desk", "password": given})).ok()
    session = (await people.anonymous.post("/api/token/refresh/", {"refresh": session["refresh"]})).ok()
    desk = people.anonymous.with_token(session["access"])
    for path in ("/api/patients/", f"/api/patients/{people.patient_id}/", "/api/doctors/", "/api/notifications/"):
        assert "/api/me/password/" in (await desk.get(path)).problem(403, "forbidden")["detail"]
    join = {"doctor_id": people.doctor_id, "patient_id": people.patient_id}
    (await desk.post("/api/enqueue/", join)).problem(403, "forbidden")
    assert (await desk.get("/api/me/")).ok()["must_change_password"] is True
    same = await desk.post("/api/me/password/", {"old": given, "new": given})
    assert [error["field"] for error in same.problem(422, "invalid")["errors"]] == ["new"]
    changed = (await desk.post("/api/me/password/", {"old": given, "new": own})).ok()
    assert changed["user"]["must_change_password"] is False
    (await people.anonymous.with_token(changed["access"]).get("/api/patients/")).ok()
    (await (await people.anonymous.sign_in("desk", own)).get("/api/patients/")).ok()


@pytest.mark.gen_test
async def test_whoever_has_not_changed_a_given_password_may_still_sign_out(people: People) -> None:
    path = f"/api/users/{people.patient.user['id']}/password/"
    (await people.admin.post(path, {"password": "set-by-the-admin"})).ok(204)
    pat = await people.anonymous.sign_in("pat", "set-by-the-admin")
    (await pat.post("/api/token/revoke/", {})).ok(204)
    (await pat.get("/api/me/")).problem(401, "not_signed_in")


@pytest.mark.gen_test
async def test_a_removed_user_is_out_at_once(people: People) -> None:
    desk = people.receptionist
    (await people.admin.delete(f"/api/users/{desk.user['id']}/")).ok(204)
    (await desk.get("/api/patients/")).problem(401, "not_signed_in")
    sign_in = await people.anonymous.post("/api/token/", {"username": "desk", "password": PASSWORD})
    sign_in.problem(401, "invalid_credentials")
    (await people.admin.delete(f"/api/users/{desk.user['id']}/")).problem(404, "not_found")


@pytest.mark.gen_test
async def test_the_last_administrator_stays(admin: Api) -> None:
    path = f"/api/users/{admin.user['id']}/"
    (await admin.delete(path)).problem(409, "wrong_state")
    (await admin.patch(path, {"role": "receptionist"})).problem(409, "wrong_state")
    (await admin.post("/api/users/", NEW | {"role": "admin"})).ok(201)
    (await admin.delete(path)).ok(204)


@pytest.mark.gen_test
async def test_every_staff_write_leaves_a_row_without_personal_data(people: People, server: Server) -> None:
    patient = {"name": "Ada Byron", "phone": "+12025550199", "sms_consent": True}
    registered = (await people.receptionist.post("/api/patients/", patient)).ok(201)
    (
        await people.receptionist.post("/api/enqueue/", {"doctor_id": people.doctor_id, "patient_id": registered["id"]})
    ).ok()
    ticket = (await people.doctor.post("/api/notify-next/", {"doctor_id": people.doctor_id})).ok()["called"]
    (await people.doctor.post(f"/api/tickets/{ticket['id']}/start/", {})).ok()
    await server.services.audit.flush()
    page = (await people.admin.get("/api/audit/", {"subject_id": ticket["id"]})).ok()
    started, called, joined = page["items"]
    assert started["actor"] == {"id": people.doctor.user["id"], "role": "doctor", "name": "Dr Rao"}
    assert [row["action"] for row in (started, called, joined)] == ["start ticket", "call next", "enqueue"]
    assert called["detail"] == {"doctor_id": people.doctor_id}
    kept = str(await server.services.storage.find("audit", {}, sort="order"))
    exported = (await people.admin.get("/api/audit/export/")).raw.decode()
    assert registered["id"] in kept
    for everything in (kept, exported):
        assert "Ada" not in everything
        assert "5550199" not in everything
    mine = (await people.admin.get("/api/audit/", {"actor_id": people.doctor.user["id"]})).ok()["items"]
    assert {entry["actor"]["id"] for entry in mine} == {people.doctor.user["id"]}
    assert mine == sorted(mine, key=lambda entry: entry["at"], reverse=True)


@pytest.mark.gen_test
async def test_a_password_given_at_the_start_opens_nothing_until_it_is_changed(api: Api, admin: Api) -> None:
    user = (await admin.post("/api/users/", NEW | {"must_change_password": True})).ok(201)
    assert user["must_change_password"] is True
    fresh = await api.sign_in("front.desk", PASSWORD)
    (await fresh.get("/api/patients/")).problem(403, "forbidden")
    (await fresh.post("/api/me/password/", {"old": PASSWORD, "new": "another-password"})).ok()
    own = await api.sign_in("front.desk", "another-password")
    (await own.get("/api/patients/")).ok()
    assert (await admin.get(f"/api/users/{user['id']}/")).ok()["must_change_password"] is False


@pytest.mark.gen_test
async def test_who_is_switched_off_is_out_at_once_until_switched_on(people: People) -> None:
    desk, path = people.receptionist, f"/api/users/{people.receptionist.user['id']}/"
    assert (await people.admin.patch(path, {"active": False})).ok()["active"] is False
    (await desk.get("/api/patients/")).problem(401, "not_signed_in")
    login = {"username": "desk", "password": PASSWORD}
    refused = (await people.anonymous.post("/api/token/", login)).problem(401, "invalid_credentials")
    assert refused["limit"] == "switched_off"
    wrong = (await people.anonymous.post("/api/token/", login | {"password": "not this one"})).problem(
        401, "invalid_credentials"
    )
    assert "limit" not in wrong
    assert (await people.admin.patch(path, {"active": True})).ok()["active"] is True
    (await (await people.anonymous.sign_in("desk", PASSWORD)).get("/api/patients/")).ok()
    actions = [row["action"] for row in (await people.admin.get("/api/audit/", {"limit": 4})).ok()["items"]]
    assert "switch user off" in actions or "switch user on" in actions


@pytest.mark.gen_test
async def test_the_last_administrator_who_can_sign_in_stays_on(admin: Api) -> None:
    own = f"/api/users/{admin.user['id']}/"
    (await admin.patch(own, {"active": False})).problem(409, "wrong_state")
    second = (await admin.post("/api/users/", NEW | {"role": "admin"})).ok(201)
    (await admin.patch(f"/api/users/{second['id']}/", {"active": False})).ok()
    refused = (await admin.patch(own, {"active": False})).problem(409, "wrong_state")
    assert refused["limit"] == "last_admin"
    (await admin.delete(own)).problem(409, "wrong_state")
    (await admin.patch(own, {"role": "receptionist"})).problem(409, "wrong_state")
    (await admin.delete(f"/api/users/{second['id']}/")).ok(204)
