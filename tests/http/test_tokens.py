"""Signing in, staying signed in, and every way a session ends, over HTTP."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace

import jwt
import pytest

from server.app import Server
from tests.api import Api, Reply
from tests.clocks import TurnedClock
from tests.conftest import Call, StartServer

ADMIN = {"username": "admin", "password": "admin-password"}


async def refreshed(api: Api, refresh: str) -> Reply:
    return await api.with_token(None).post("/api/token/refresh/", {"refresh": refresh})


@pytest.mark.gen_test
async def test_a_sign_in_gives_both_tokens_and_who_one_is(api: Api) -> None:
    answer = (await api.post("/api/token/", ADMIN)).ok(200)
    assert answer.keys() == {"access", "refresh", "token_type", "expires_in", "user"}
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 900)
    me = (await api.with_token(answer["access"]).get("/api/me/")).ok()
    user = answer["user"]
    assert user.keys() == {"id", "username", "role", "doctor_id", "patient_id", "name", "must_change_password"}
    assert {name: me[name] for name in user} == user
    assert (me["username"], me["role"], me["patient_id"]) == ("admin", "admin", None)


@pytest.mark.gen_test
async def test_usernames_are_one_whatever_their_case(api: Api) -> None:
    (await api.post("/api/token/", {**ADMIN, "username": " ADMIN "})).ok()


@pytest.mark.parametrize("wrong", [{"username": "nobody"}, {"password": "not-the-password"}, {"password": "x" * 100}])
@pytest.mark.gen_test
async def test_a_wrong_name_and_a_wrong_password_get_one_answer(api: Api, wrong: dict[str, str]) -> None:
    problem = (await api.post("/api/token/", {**ADMIN, **wrong})).problem(401, "invalid_credentials")
    assert problem["detail"] == "The name or the password is wrong."


@pytest.mark.gen_test
async def test_a_refresh_token_is_good_once(api: Api) -> None:
    first = (await api.post("/api/token/", ADMIN)).ok()
    second = (await refreshed(api, first["refresh"])).ok()
    assert second["user"] == first["user"]
    (await api.with_token(second["access"]).get("/api/me/")).ok()
    (await refreshed(api, first["refresh"])).problem(401, "token_reused")
    # The theft ends the session for both, also for the access token that is out.
    (await refreshed(api, second["refresh"])).problem(401, "token_reused")
    (await api.with_token(second["access"]).get("/api/me/")).problem(401, "not_signed_in")


@pytest.mark.gen_test
async def test_one_of_two_refreshes_at_the_same_moment_is_a_reuse(api: Api) -> None:
    token = (await api.post("/api/token/", ADMIN)).ok()["refresh"]
    replies = await asyncio.gather(*(refreshed(api, token) for _ in range(2)))
    assert sorted(reply.status for reply in replies) == [200, 401]
    (refusal,) = (reply for reply in replies if reply.status == 401)
    refusal.problem(401, "token_reused")
    (winner,) = (reply for reply in replies if reply.status == 200)
    (await refreshed(api, winner.json["refresh"])).problem(401, "token_reused")


@pytest.mark.gen_test
async def test_another_session_survives_the_reuse(api: Api) -> None:
    stolen = (await api.post("/api/token/", ADMIN)).ok()["refresh"]
    other = (await api.post("/api/token/", ADMIN)).ok()["refresh"]
    (await refreshed(api, stolen)).ok()
    (await refreshed(api, stolen)).problem(401, "token_reused")
    (await refreshed(api, other)).ok()


@pytest.mark.gen_test
async def test_tokens_of_the_wrong_kind_are_refused(api: Api) -> None:
    answer = (await api.post("/api/token/", ADMIN)).ok()
    (await api.with_token(answer["refresh"]).get("/api/me/")).problem(401, "not_signed_in")
    (await refreshed(api, answer["access"])).problem(401, "not_signed_in")


@pytest.mark.gen_test
async def test_a_bad_token_is_refused_on_public_routes_too(api: Api) -> None:
    for header in ("Bearer nonsense", "Basic YTpi", "Bearer "):
        reply = await api.get("/api/doctors/", Authorization=header)
        reply.problem(401, "not_signed_in")
        assert reply.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.gen_test
async def test_tokens_expire(start_server: StartServer, clock: TurnedClock, call: Call) -> None:
    server = await start_server(clock=clock)
    api = call(server)
    answer = (await api.post("/api/token/", ADMIN)).ok()
    caller = api.with_token(answer["access"])
    clock.turn(minutes=14, seconds=59)
    (await caller.get("/api/me/")).ok()
    clock.turn(seconds=1)
    (await caller.get("/api/me/")).problem(401, "token_expired")
    (await caller.get("/api/doctors/")).problem(401, "token_expired")
    clock.turn(days=7)
    (await refreshed(api, answer["refresh"])).problem(401, "token_expired")


@pytest.mark.gen_test
async def test_the_cookie_keeps_the_refresh_token_from_scripts(api: Api) -> None:
    reply = await api.post("/api/token/", {**ADMIN, "cookie": True})
    assert "refresh" not in reply.ok()
    cookie = reply.headers["Set-Cookie"]
    assert re.search(r"; HttpOnly(;|$)", cookie)
    assert re.search(r"; SameSite=Strict(;|$)", cookie)
    assert re.search(r"; Path=/api/token/(;|$)", cookie)
    assert "Secure" not in cookie
    pair = cookie.split(";")[0]
    again = await api.post("/api/token/refresh/", {}, Cookie=pair)
    assert "refresh" not in again.ok()
    new_pair = again.headers["Set-Cookie"].split(";")[0]
    assert new_pair != pair
    caller = api.with_token(again.json["access"])
    out = await caller.post("/api/token/revoke/", {}, Cookie=new_pair)
    out.ok(204)
    assert out.headers["Set-Cookie"].startswith('clinic_refresh=""; expires=')
    assert "; Path=/api/token/" in out.headers["Set-Cookie"]
    (await api.post("/api/token/refresh/", {}, Cookie=new_pair)).problem(401, "not_signed_in")


@pytest.mark.gen_test
async def test_a_page_left_while_it_refreshed_does_not_end_the_session(api: Api) -> None:
    def pair(reply: Reply) -> str:
        return reply.headers["Set-Cookie"].split(";")[0]

    def name(cookie: str) -> str:
        return str(jwt.decode(cookie.partition("=")[2], options={"verify_signature": False})["jti"])

    first = pair(await api.post("/api/token/", {**ADMIN, "cookie": True}))
    left, opened = await asyncio.gather(*(api.post("/api/token/refresh/", Cookie=first) for _ in range(2)))
    assert (left.status, opened.status) == (200, 200)
    assert name(pair(left)) == name(pair(opened)) != name(first)
    onward = await api.post("/api/token/refresh/", Cookie=pair(opened))
    assert onward.status == 200
    (await api.post("/api/token/refresh/", Cookie=first)).problem(401, "token_reused")
    (await api.post("/api/token/refresh/", Cookie=pair(onward))).problem(401, "token_reused")


@pytest.mark.gen_test
async def test_the_cookie_is_secure_where_people_come_by_https(start_server: StartServer, call: Call) -> None:
    server = await start_server(public_url="https://clinic.example")
    api = call(server)
    reply = await api.post("/api/token/", {**ADMIN, "cookie": True})
    reply.ok()
    assert "Secure" in reply.headers["Set-Cookie"]


@pytest.mark.gen_test
async def test_a_refresh_without_any_token_says_so(api: Api) -> None:
    (await api.post("/api/token/refresh/", {})).problem(401, "not_signed_in")


@pytest.mark.gen_test
async def test_signing_out_ends_this_session_only(api: Api) -> None:
    here = (await api.post("/api/token/", ADMIN)).ok()
    there = (await api.post("/api/token/", ADMIN)).ok()
    (await api.with_token(here["access"]).post("/api/token/revoke/", {})).ok(204)
    (await refreshed(api, here["refresh"])).problem(401, "not_signed_in")
    (await api.with_token(here["access"]).get("/api/me/")).problem(401, "not_signed_in")
    (await api.with_token(there["access"]).get("/api/me/")).ok()
    (await api.with_token(there["access"]).post("/api/token/revoke/", {"everywhere": True})).ok(204)
    (await refreshed(api, there["refresh"])).problem(401, "not_signed_in")


@pytest.mark.gen_test
async def test_a_new_password_ends_every_session_and_begins_one(api: Api) -> None:
    elsewhere = (await api.post("/api/token/", ADMIN)).ok()
    caller = await api.sign_in("admin", "admin-password")
    change = {"old": "admin-password", "new": "another-password"}
    wrong = (await caller.post("/api/me/password/", {**change, "old": "wrong"})).problem(401, "invalid_credentials")
    assert wrong["detail"] == "The old password is wrong."
    assert [error["field"] for error in wrong["errors"]] == ["old"]
    (await caller.post("/api/me/password/", {**change, "new": "short"})).problem(422, "invalid")
    long = await caller.post("/api/me/password/", {**change, "new": "ü" * 37})
    assert long.problem(422, "invalid")["errors"][0]["field"] == "new"
    answer = (await caller.post("/api/me/password/", change)).ok()
    (await refreshed(api, elsewhere["refresh"])).problem(401, "not_signed_in")
    (await caller.get("/api/me/")).problem(401, "not_signed_in")
    (await api.with_token(answer["access"]).get("/api/me/")).ok()
    (await api.post("/api/token/", ADMIN)).problem(401, "invalid_credentials")
    await api.sign_in("admin", "another-password")


@pytest.mark.gen_test
async def test_ten_failures_in_a_minute_slow_one_name_down(
    start_server: StartServer, clock: TurnedClock, call: Call
) -> None:
    server = await start_server(clock=clock)
    api = call(server)
    wrong = {**ADMIN, "password": "a-wrong-one"}
    for _ in range(10):
        (await api.post("/api/token/", wrong)).problem(401, "invalid_credentials")
    reply = await api.post("/api/token/", ADMIN)
    reply.problem(429, "slow_down")
    assert reply.headers["Retry-After"] == "60"
    (await api.post("/api/token/", {**wrong, "username": "other"})).problem(401, "invalid_credentials")
    clock.turn(seconds=60)
    (await api.post("/api/token/", ADMIN)).ok()


@pytest.mark.gen_test
async def test_sign_ins_that_succeed_are_not_counted(api: Api) -> None:
    for _ in range(12):
        (await api.post("/api/token/", ADMIN)).ok()


@pytest.mark.gen_test
async def test_guesses_at_the_same_moment_are_all_counted(api: Api) -> None:
    replies = await asyncio.gather(
        *(api.post("/api/token/", {**ADMIN, "password": f"guess-{number}"}) for number in range(12))
    )
    assert sorted(reply.status for reply in replies) == [401] * 10 + [429] * 2


@pytest.mark.gen_test(timeout=30)
async def test_a_storm_of_right_passwords_is_told_to_come_back_in_a_moment(api: Api) -> None:
    replies = await asyncio.gather(*(api.post("/api/token/", ADMIN) for _ in range(40)))
    assert {reply.status for reply in replies} == {200, 429}
    for reply in replies:
        if reply.status == 429:
            assert reply.problem(429, "slow_down")["detail"].startswith("Busy: ")
            assert int(reply.headers["Retry-After"]) <= 2
    for _ in range(20):
        (await api.post("/api/token/", ADMIN)).ok()


@pytest.mark.gen_test
async def test_a_token_of_nobody_is_no_token(server: Server, admin: Api) -> None:
    account = await server.services.accounts.get(admin.user["id"])
    nobody = admin.with_token(server.services.tokens.access(replace(account, id="N" * 22), "F" * 22))
    (await nobody.get("/api/me/")).problem(401, "not_signed_in")
    change = {"old": "admin-password", "new": "another-password"}
    (await nobody.post("/api/me/password/", change)).problem(401, "not_signed_in")
    (await nobody.post("/api/token/revoke/", {"everywhere": True})).problem(401, "not_signed_in")


@pytest.mark.gen_test
async def test_an_empty_token_does_not_bring_the_cookie_s_into_the_answer(api: Api) -> None:
    pair = (await api.post("/api/token/", {**ADMIN, "cookie": True})).headers["Set-Cookie"].split(";")[0]
    (await api.post("/api/token/refresh/", {"refresh": ""}, Cookie=pair)).problem(422, "invalid")
