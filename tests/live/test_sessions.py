"""Sockets that have signed in end with their session, whichever way it ends."""

from __future__ import annotations

import pytest

from tests.api import Api
from tests.live.clients import PASSWORD, Clinic, Listener


async def signed_in(clinic: Clinic, path: str, token: str | None) -> Listener:
    """A socket that has authenticated, and has been told so by what it shows."""
    socket = await clinic.listen(path)
    await socket.authenticate(token)
    if path == "/ws/console/":
        await socket.say({"type": "subscribe", "doctors": [clinic.rao]})
    await socket.hear_until(lambda message: message["data"].get("waiting") is not None)
    return socket


async def both_kinds(clinic: Clinic, caller: Api) -> list[Listener]:
    paths = ("/ws/console/", f"/ws/queue/{clinic.rao}/")
    return [await signed_in(clinic, path, caller.token) for path in paths]


@pytest.mark.parametrize("way", ["remove", "password", "role", "everywhere", "here", "own password"])
@pytest.mark.gen_test(timeout=30)
async def test_open_sockets_close_at_once_with_their_session(clinic: Clinic, admin: Api, way: str) -> None:
    desk = clinic.desk
    others = await both_kinds(clinic, admin)
    second = await desk.sign_in("desk", PASSWORD)
    sockets, elsewhere = await both_kinds(clinic, desk), await both_kinds(clinic, second)
    user = f"/api/users/{desk.user['id']}/"
    match way:
        case "remove":
            (await admin.delete(user)).ok(204)
        case "password":
            (await admin.post(f"{user}password/", {"password": "another long password"})).ok(204)
        case "role":
            (await admin.patch(user, {"role": "admin"})).ok()
        case "own password":
            (await second.post("/api/me/password/", {"old": PASSWORD, "new": "another long password"})).ok()
        case _:
            (await desk.post("/api/token/revoke/", {"everywhere": way == "everywhere"})).ok(204)
    ended = sockets if way == "here" else sockets + elsewhere
    for socket in ended:
        assert await socket.closed() == 4401
    (await admin.post("/api/enqueue/", {"doctor_id": clinic.rao, "walk_in": {"name": "Ada Okoye"}})).ok(201)
    for socket in others + (elsewhere if way == "here" else []):
        await socket.hear_until(lambda message: bool(message["data"]["waiting"]))


@pytest.mark.gen_test
async def test_a_patient_who_leaves_takes_their_sockets_along(clinic: Clinic) -> None:
    socket = await signed_in(clinic, f"/ws/queue/{clinic.rao}/", clinic.patient.token)
    public = await clinic.listen(f"/ws/queue/{clinic.rao}/")
    (await clinic.patient.delete(f"/api/patients/{clinic.patient.user['patient_id']}/")).ok(204)
    assert await socket.closed() == 4401
    await clinic.walk_in(clinic.rao)
    await public.hear_until(lambda message: bool(message["data"]["waiting"]))


@pytest.mark.gen_test
async def test_a_password_that_was_given_out_opens_no_staff_view(clinic: Clinic, admin: Api) -> None:
    (await admin.post(f"/api/users/{clinic.desk.user['id']}/password/", {"password": "given by the admin"})).ok(204)
    desk = await admin.sign_in("desk", "given by the admin")
    for path in ("/ws/console/", f"/ws/queue/{clinic.rao}/"):
        socket = await clinic.listen(path)
        await socket.authenticate(desk.token)
        assert await socket.closed() == 4403
