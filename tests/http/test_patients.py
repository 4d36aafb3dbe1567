"""Patients over HTTP: registering, finding, changing, confirming a number, anonymising."""

from __future__ import annotations

import asyncio

import pytest

from tests.http.people import Practice, fields, person

OWN = {"phone": "(202) 555-0147", "username": "robin", "password": "a long password"}


@pytest.mark.gen_test
async def test_a_patient_registers_and_signs_in(practice: Practice) -> None:
    made = (await practice.anyone.post("/api/patients/", person(**OWN, date_of_birth="1980-05-17", language="es"))).ok(
        201
    )
    assert made["phone"] == "+12025550147"
    assert made["phone_masked"] == "•••• 0147"
    assert (made["language"], made["date_of_birth"], made["sms_consent"]) == ("es", "1980-05-17", True)
    assert (made["number_confirmed"], made["has_account"]) == (False, True)
    robin = await practice.anyone.sign_in("robin", "a long password")
    assert (robin.user["role"], robin.user["patient_id"]) == ("patient", made["id"])
    assert (await robin.get(f"/api/patients/{made['id']}/")).ok() == made


@pytest.mark.gen_test
async def test_whoever_registers_alone_gives_phone_and_login(practice: Practice) -> None:
    reply = await practice.anyone.post("/api/patients/", person())
    assert fields(reply) == ["phone", "username", "password"]
    robin = await practice.registered("robin")
    assert fields(await robin.post("/api/patients/", person(name="A child"))) == ["phone", "username", "password"]


@pytest.mark.gen_test
async def test_the_desk_registers_without_login_or_number(practice: Practice) -> None:
    made = await practice.patient()
    assert (made["phone"], made["phone_masked"], made["has_account"], made["number_confirmed"]) == (
        None,
        "",
        False,
        False,
    )
    known = await practice.patient(phone="+12025550148")
    assert known["number_confirmed"] is True
    assert await practice.messages(patient_id=known["id"]) == []


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"name": ""}, ["name"]),
        ({"name": "x" * 101}, ["name"]),
        ({"name": 7}, ["name"]),
        ({"name": None}, ["name"]),
        ({"phone": "12"}, ["phone"]),
        ({"phone": "12", "date_of_birth": "tomorrow"}, ["phone", "date_of_birth"]),
        ({"date_of_birth": "2026-03-03"}, ["date_of_birth"]),
        ({"language": "de"}, ["language"]),
        ({"sms_consent": "yes"}, ["sms_consent"]),
        ({"sms_consent": None}, ["sms_consent"]),
        ({"username": "robin"}, ["password"]),
        ({"username": "x", "password": "a long password"}, ["username"]),
        ({"username": "robin", "password": "ж" * 40}, ["password"]),
        ({"nickname": "Rob"}, ["nickname"]),
        ({"number_confirmed": True}, ["number_confirmed"]),
        ({"phone": "12", "username": "x", "password": "short"}, ["phone", "username", "password"]),
    ],
)
@pytest.mark.gen_test
async def test_a_wrong_field_is_named_and_nothing_is_kept(practice: Practice, wrong: object, named: list[str]) -> None:
    assert isinstance(wrong, dict)
    assert fields(await practice.desk.post("/api/patients/", person(**wrong))) == named
    assert (await practice.desk.get("/api/patients/")).ok()["items"] == []


@pytest.mark.gen_test
async def test_consent_must_be_said(practice: Practice) -> None:
    assert fields(await practice.desk.post("/api/patients/", {"name": "Robin"})) == ["sms_consent"]


@pytest.mark.gen_test
async def test_a_username_belongs_to_one(practice: Practice) -> None:
    await practice.registered("robin")
    reply = await practice.desk.post("/api/patients/", person(username="Robin", password="another password"))
    assert fields(reply) == ["username"]
    assert len((await practice.desk.get("/api/patients/")).ok()["items"]) == 1


@pytest.mark.gen_test
async def test_of_many_who_want_one_username_at_once_one_gets_it(practice: Practice) -> None:
    bodies = [person(**{**OWN, "name": f"Robin {number}"}) for number in range(6)]
    replies = await asyncio.gather(*(practice.anyone.post("/api/patients/", body) for body in bodies))
    assert sorted(reply.status for reply in replies) == [201, 422, 422, 422, 422, 422]
    assert len((await practice.desk.get("/api/patients/")).ok()["items"]) == 1
    assert len((await practice.desk.get("/api/patients/", {"q": "robin"})).ok()["items"]) == 1


@pytest.mark.gen_test
async def test_the_same_key_registers_once(practice: Practice) -> None:
    body = person(phone="+12025550147")
    replies = await asyncio.gather(*(practice.desk.post("/api/patients/", body, key="k1") for _ in range(4)))
    made = {reply.ok(201)["id"] for reply in replies}
    assert len(made) == 1
    practice.forget_answers()
    again = await practice.desk.post("/api/patients/", body, key="k1")
    assert again.ok(201)["id"] in made
    assert again.headers["Idempotency-Replayed"] == "true"
    (await practice.desk.post("/api/patients/", person(name="Another"), key="k1")).problem(
        422, "idempotency_key_reused"
    )
    assert len((await practice.desk.get("/api/patients/")).ok()["items"]) == 1


@pytest.mark.gen_test
async def test_patients_see_only_themselves(practice: Practice) -> None:
    robin, other = await practice.registered("robin"), await practice.patient(name="Somebody Else")
    path = f"/api/patients/{other['id']}/"
    (await robin.get(path)).problem(404, "not_found")
    (await robin.patch(path, {"name": "Mine"})).problem(404, "not_found")
    (await robin.delete(path)).problem(404, "not_found")
    (await robin.post(path + "confirm/", {"code": "123456"})).problem(404, "not_found")
    (await robin.get("/api/patients/")).problem(403, "forbidden")
    (await robin.post(f"/api/patients/{robin.user['patient_id']}/password/")).problem(403, "forbidden")
    (await practice.anyone.get(path)).problem(401, "not_signed_in")


@pytest.mark.gen_test
async def test_the_code_confirms_the_number(practice: Practice) -> None:
    robin = await practice.registered("robin")
    path = f"/api/patients/{robin.user['patient_id']}/confirm/"
    code = await practice.code_sent_to(robin.user["patient_id"])
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    assert fields(await robin.post(path, {"code": wrong})) == ["code"]
    assert (await robin.post(path, {"code": code})).ok(200)["number_confirmed"] is True
    (await robin.post(path, {})).problem(409, "wrong_state")


@pytest.mark.gen_test
async def test_after_five_wrong_codes_the_right_one_is_worth_nothing(practice: Practice) -> None:
    robin = await practice.registered("robin")
    path = f"/api/patients/{robin.user['patient_id']}/confirm/"
    code = await practice.code_sent_to(robin.user["patient_id"])
    for number in range(1, 6):
        wrong = f"{(int(code) + number) % 1_000_000:06d}"
        assert fields(await robin.post(path, {"code": wrong})) == ["code"]
    assert fields(await robin.post(path, {"code": code})) == ["code"]
    assert (await robin.post(path, {})).problem(429, "slow_down")
    practice.clock.turn(minutes=1)
    assert (await robin.post(path, {})).ok(200)["number_confirmed"] is False
    assert (await robin.post(path, {"code": await practice.code_sent_to(robin.user["patient_id"])})).ok()[
        "number_confirmed"
    ]


@pytest.mark.gen_test
async def test_a_changed_number_is_unconfirmed_until_its_own_code_comes_back(practice: Practice) -> None:
    robin = await practice.registered("robin")
    path = f"/api/patients/{robin.user['patient_id']}/"
    old = await practice.code_sent_to(robin.user["patient_id"])
    (await robin.post(path + "confirm/", {"code": old})).ok()
    practice.clock.turn(minutes=2)
    changed = (await robin.patch(path, {"phone": "+12025550148"})).ok(200)
    assert (changed["phone"], changed["number_confirmed"]) == ("+12025550148", False)
    new = await practice.code_sent_to(robin.user["patient_id"])
    assert (await practice.messages(patient_id=robin.user["patient_id"], kind="code"))[0]["to_masked"].endswith("0148")
    assert (await robin.post(path + "confirm/", {"code": new})).ok()["number_confirmed"] is True


@pytest.mark.gen_test
async def test_the_desk_changes_a_number_and_may_vouch_for_it(practice: Practice) -> None:
    robin = await practice.registered("robin")
    path = f"/api/patients/{robin.user['patient_id']}/"
    assert (await practice.desk.patch(path, {"phone": "+12025550148"})).ok()["number_confirmed"] is False
    assert (await practice.desk.patch(path, {"number_confirmed": True})).ok()["number_confirmed"] is True
    vouched = (await practice.desk.patch(path, {"phone": "+12025550149", "number_confirmed": True})).ok()
    assert (vouched["phone"], vouched["number_confirmed"]) == ("+12025550149", True)
    (await robin.patch(path, {"number_confirmed": True})).problem(403, "forbidden")
    gone = (await robin.patch(path, {"phone": None})).ok()
    assert (gone["phone"], gone["number_confirmed"]) == (None, False)
    assert fields(await practice.desk.patch(path, {"number_confirmed": True})) == ["number_confirmed"]


@pytest.mark.gen_test
async def test_a_change_touches_only_what_it_names(practice: Practice) -> None:
    made = await practice.patient(phone="+12025550147", date_of_birth="1980-05-17")
    path = f"/api/patients/{made['id']}/"
    assert (await practice.desk.patch(path, {})).ok() == made
    assert (await practice.desk.patch(path, {"name": "Robin Renamed"})).ok() == {**made, "name": "Robin Renamed"}
    assert (await practice.desk.patch(path, {"date_of_birth": None})).ok()["date_of_birth"] is None
    assert fields(await practice.desk.patch(path, {"name": " ", "language": "xx"})) == ["language"]
    assert fields(await practice.desk.patch(path, {"name": " ", "phone": "1"})) == ["name", "phone"]
    (await practice.desk.patch("/api/patients/nobody-there-at-all/", {})).problem(404, "not_found")


async def found(practice: Practice, query: str) -> list[str]:
    items = (await practice.desk.get("/api/patients/", {"q": query})).ok(200)["items"]
    assert all("phone" not in item for item in items)
    return sorted(item["name"] for item in items)


@pytest.mark.gen_test
async def test_the_desk_finds_people_as_it_types(practice: Practice) -> None:
    maria = await practice.patient(name="María García López", phone="+12025550147", date_of_birth="1980-05-17")
    await practice.patient(name="Mario Garza", phone="+12025550148")
    await practice.patient(name="Anna Annabel", phone="+33612345678")
    assert await found(practice, "gar") == ["Mario Garza", "María García López"]
    assert await found(practice, "GARCIA mar") == ["María García López"]
    assert await found(practice, "0148") == ["Mario Garza"]
    assert await found(practice, "202 555") == ["Mario Garza", "María García López"]
    assert await found(practice, "0612345678") == ["Anna Annabel"]
    assert await found(practice, "612 34") == ["Anna Annabel"]
    assert await found(practice, "17/05/1980") == ["María García López"]
    assert await found(practice, "an") == ["Anna Annabel"]
    assert await found(practice, "nobody") == []
    assert await found(practice, "??") == []
    (await practice.desk.patch(f"/api/patients/{maria['id']}/", {"name": "María Fernández", "phone": None})).ok()
    assert await found(practice, "garcia") == []
    assert await found(practice, "0147") == []
    assert await found(practice, "fernandez") == ["María Fernández"]


@pytest.mark.gen_test
async def test_lists_come_in_pages(practice: Practice) -> None:
    for number in range(7):
        await practice.patient(name=f"Robin Number{number}")
        practice.clock.turn(seconds=1)
    queries: list[dict[str, str | int]] = [{"limit": 3}, {"limit": 3, "q": "rob"}]
    for query in queries:
        seen: list[str] = []
        while True:
            page = (await practice.desk.get("/api/patients/", query)).ok()
            seen += [item["name"] for item in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
            query["cursor"] = cursor
        assert len(seen) == len(set(seen)) == 7
        assert "q" in query or seen[0] == "Robin Number6"
    assert fields(await practice.desk.get("/api/patients/", {"limit": 201})) == ["limit"]
    assert fields(await practice.desk.get("/api/patients/", {"cursor": "not one of ours"})) == ["cursor"]


@pytest.mark.gen_test
async def test_anonymising_takes_everything_personal_and_the_login(practice: Practice) -> None:
    robin = await practice.registered("robin", date_of_birth="1980-05-17")
    patient_id = robin.user["patient_id"]
    doctor = await practice.doctor()
    start = (await practice.slots(doctor["id"]))[0]
    (await robin.post("/api/appointments/", {"doctor_id": doctor["id"], "start": start})).ok(201)
    (await robin.delete(f"/api/patients/{patient_id}/")).ok(204)
    (await robin.get(f"/api/patients/{patient_id}/")).problem(401, "not_signed_in")
    left = (await practice.desk.get(f"/api/patients/{patient_id}/")).ok()
    assert (left["name"], left["phone"], left["date_of_birth"], left["anonymised"]) == ("", None, None, True)
    assert (await practice.desk.get("/api/patients/")).ok()["items"] == []
    for query in ("robin", "0199", "1980-05-17"):
        assert await found(practice, query) == []
    (await practice.anyone.post("/api/token/", {"username": "robin", "password": "my own password"})).problem(
        401, "invalid_credentials"
    )
    assert start in await practice.slots(doctor["id"])
    (await practice.desk.post("/api/enqueue/", {"doctor_id": doctor["id"], "patient_id": patient_id})).problem(
        404, "not_found"
    )
    (await practice.desk.patch(f"/api/patients/{patient_id}/", {"name": "Back"})).problem(404, "not_found")
    (await practice.admin.delete(f"/api/patients/{patient_id}/")).ok(204)
    await practice.registered("robin")


@pytest.mark.gen_test
async def test_nobody_in_a_queue_is_anonymised(practice: Practice) -> None:
    doctor, patient = await practice.doctor(), await practice.patient()
    joined = (await practice.desk.post("/api/enqueue/", {"doctor_id": doctor["id"], "patient_id": patient["id"]})).ok(
        201
    )
    path = f"/api/patients/{patient['id']}/"
    (await practice.admin.delete(path)).problem(409, "patient_in_queue")
    (await practice.desk.delete(path)).problem(403, "forbidden")
    (await practice.desk.post(f"/api/tickets/{joined['id']}/left/")).ok()
    (await practice.admin.delete(path)).ok(204)


@pytest.mark.gen_test
async def test_the_desk_gives_a_one_time_password(practice: Practice) -> None:
    robin = await practice.registered("robin")
    login = (await practice.desk.post(f"/api/patients/{robin.user['patient_id']}/password/")).ok(200)
    assert login["username"] == "robin"
    own = {"username": "robin", "password": login["password"]}
    replies = await asyncio.gather(*(practice.anyone.post("/api/token/", own) for _ in range(2)))
    assert sorted(reply.status for reply in replies) == [200, 401]
    (await practice.anyone.post("/api/token/", own)).problem(401, "invalid_credentials")
    signed_in = next(reply.json for reply in replies if reply.status == 200)
    assert signed_in["user"]["must_change_password"] is True
    (await robin.get("/api/me/")).problem(401, "not_signed_in")
    change = {"old": login["password"], "new": "robin's own password"}
    changed = (await practice.anyone.with_token(signed_in["access"]).post("/api/me/password/", change)).ok()
    assert changed["user"]["must_change_password"] is False
    for _ in range(2):
        await practice.anyone.sign_in("robin", change["new"])
    (await practice.anyone.post("/api/token/", {"username": "robin", "password": "my own password"})).problem(
        401, "invalid_credentials"
    )
    nobody = await practice.patient()
    (await practice.desk.post(f"/api/patients/{nobody['id']}/password/")).problem(409, "wrong_state")


@pytest.mark.gen_test
async def test_opening_a_record_is_audited(practice: Practice) -> None:
    made = await practice.patient(phone="+12025550147")
    (await practice.desk.get(f"/api/patients/{made['id']}/")).ok()

    async def rows() -> list[dict[str, str]]:
        items: list[dict[str, str]] = (await practice.admin.get("/api/audit/")).ok()["items"]
        return items

    while "phone number shown" not in [row["action"] for row in await rows() if row["subject_id"] == made["id"]]:
        await asyncio.sleep(0.01)
    assert "0147" not in str(await rows())
    assert "Robin" not in str(await practice.server.services.storage.find("audit", {}, sort="order"))


@pytest.mark.gen_test
async def test_a_changed_record_reaches_the_queue_the_patient_is_in(practice: Practice) -> None:
    doctor, patient = await practice.doctor(), await practice.patient(name="Robbin", phone="+12025550147")
    body = {"doctor_id": doctor["id"], "patient_id": patient["id"]}
    (await practice.desk.post("/api/enqueue/", body)).ok(201)
    change = {"name": "Robin", "phone": "+12025550148", "language": "fr"}
    (await practice.desk.patch(f"/api/patients/{patient['id']}/", change)).ok()
    (waiting,) = (await practice.desk.get(f"/api/queue/{doctor['id']}/")).ok()["waiting"]
    assert waiting["patient"] == {
        "id": patient["id"],
        "name": "Robin",
        "phone_masked": "•••• 0148",
        "language": "fr",
    }


@pytest.mark.gen_test
async def test_a_wrong_field_of_a_walk_in_is_named_as_it_stands_in_the_body(practice: Practice) -> None:
    doctor = await practice.doctor()
    body = {"doctor_id": doctor["id"], "walk_in": {"name": "-", "phone": "12"}}
    assert fields(await practice.desk.post("/api/enqueue/", body)) == ["walk_in.name", "walk_in.phone"]


@pytest.mark.gen_test
async def test_a_password_is_kept_as_it_was_typed(practice: Practice) -> None:
    body = person(phone="+12025550147", username="robin", password="  spaces around  ")
    (await practice.anyone.post("/api/patients/", body)).ok(201)
    await practice.anyone.sign_in("robin", "  spaces around  ")
    wrong = {"username": "robin", "password": "spaces around"}
    (await practice.anyone.post("/api/token/", wrong)).problem(401, "invalid_credentials")


@pytest.mark.gen_test
async def test_null_takes_a_number_away_and_is_refused_elsewhere(practice: Practice) -> None:
    robin = await practice.patient(phone="+12025550147")
    path = f"/api/patients/{robin['id']}/"
    for field in ("name", "language", "sms_consent", "number_confirmed"):
        assert fields(await practice.desk.patch(path, {field: None})) == [field]
    assert (await practice.desk.patch(path, {"phone": None})).ok()["phone"] is None


@pytest.mark.gen_test
async def test_a_password_is_more_than_spaces(practice: Practice) -> None:
    body = person(phone="+12025550147", username="robin", password=" " * 10)
    assert fields(await practice.anyone.post("/api/patients/", body)) == ["password"]
    robin = await practice.registered("robin")
    change = {"old": "my own password", "new": " " * 10}
    assert fields(await robin.post("/api/me/password/", change)) == ["new"]


@pytest.mark.gen_test
async def test_a_search_says_who_is_in_a_queue_already(practice: Practice) -> None:
    doctor, patient = await practice.doctor(), await practice.patient()
    other = await practice.patient(name="Robin Elsewhere")
    body = {"doctor_id": doctor["id"], "patient_id": patient["id"]}
    ticket = (await practice.desk.post("/api/enqueue/", body)).ok(201)
    items = (await practice.desk.get("/api/patients/", {"q": "robin"})).ok()["items"]
    place = {"id": ticket["id"], "code": "A001", "doctor_id": doctor["id"], "doctor": "Dr Rao", "state": "waiting"}
    assert {item["id"]: item["tickets"] for item in items} == {patient["id"]: [place], other["id"]: []}
    (await practice.desk.post(f"/api/tickets/{ticket['id']}/left/")).ok()
    items = (await practice.desk.get("/api/patients/", {"q": "robin"})).ok()["items"]
    assert all(item["tickets"] == [] for item in items)


@pytest.mark.parametrize("query", ["A002", "a002", "A 002", "a2", "A٠٠٢"])
@pytest.mark.gen_test
async def test_a_patient_is_found_by_the_code_of_todays_ticket(practice: Practice, query: str) -> None:
    doctor = await practice.doctor()
    for name in ("First Person", "Second Person"):
        patient = await practice.patient(name=name)
        (await practice.desk.post("/api/enqueue/", {"doctor_id": doctor["id"], "patient_id": patient["id"]})).ok(201)
    assert await found(practice, query) == ["Second Person"]
    assert await found(practice, "A009") == []
