"""What the storage port promises, on every home."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from typing import Any

import pytest

from server.errors import StorageUnavailable
from server.storage.port import Condition, DuplicateKey, In, Range, Storage
from tests.storage.support import Home, filled

pytestmark = pytest.mark.gen_test(timeout=60)

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


appointment = partial(filled, "appointments", doctor_id="d1", patient_id="p1", rev=1)
notification = partial(filled, "notifications", state="queued", kind="joined", day="2026-03-02", next_at=NOON, rev=1)
display = partial(filled, "displays", rev=1)
family = partial(filled, "refresh_families", rev=1)


async def ids(storage: Storage, collection: str, where: dict[str, Condition], **options: Any) -> list[str]:
    return [document["_id"] for document in await storage.find(collection, where, **options)]


async def test_a_document_comes_back_as_it_was_written(storage: Storage) -> None:
    written = appointment(
        "a",
        start=NOON,
        precise=NOON + timedelta(milliseconds=123),
        nothing=None,
        yes=True,
        no=False,
        small=-1,
        large=2**62,
        half=0.5,
        text="Müller, 李, 😀, \"quoted\" and 'single' $set a.b",
        empty="",
        nested={"list": [{"at": NOON}, [], {}, [1, None, "x"]], "deep": {"deeper": {"$odd": "name"}}},
    )
    await storage.insert("appointments", written)
    read = await storage.get("appointments", "a")
    assert read == written
    assert read is not None
    assert read["start"].tzinfo is UTC
    assert read["nested"]["list"][0]["at"].tzinfo is UTC
    assert (type(read["yes"]), type(read["no"])) == (bool, bool)
    assert list(read) == list(written)


async def test_what_the_caller_does_to_a_document_later_does_not_matter(storage: Storage) -> None:
    document = appointment("a", notes=["before"])
    write = asyncio.ensure_future(storage.insert("appointments", document))
    await asyncio.sleep(0)
    document["notes"].append("after")
    await write
    read = await storage.get("appointments", "a")
    assert read is not None
    assert read["notes"] == ["before"]


async def test_what_is_not_there(storage: Storage) -> None:
    assert await storage.get("appointments", "a") is None
    assert await storage.find("appointments", {}, sort="order") == []
    assert await storage.replace_if_unchanged("appointments", appointment("a")) is False
    assert await storage.get("appointments", "a") is None
    assert await storage.delete("appointments", "a") is False
    assert await storage.revs("appointments", ["a"]) == {}


async def test_an_id_exists_once(storage: Storage) -> None:
    await storage.insert("appointments", appointment("a", note="first"))
    with pytest.raises(DuplicateKey) as refused:
        await storage.insert("appointments", appointment("a", order="other", slot="other"))
    assert refused.value.fields == ("_id",)
    read = await storage.get("appointments", "a")
    assert read is not None
    assert read["note"] == "first"


async def test_the_same_insert_again_names_the_id(storage: Storage) -> None:
    await storage.insert("appointments", appointment("a"))
    with pytest.raises(DuplicateKey) as refused:
        await storage.insert("appointments", appointment("a"))
    assert refused.value.fields == ("_id",)
    assert refused.value.collection == "appointments"


@pytest.mark.parametrize("field", ["order", "slot"])
async def test_an_insert_names_the_unique_field_it_breaks(storage: Storage, field: str) -> None:
    await storage.insert("appointments", appointment("a"))
    taken = appointment("a")[field]
    with pytest.raises(DuplicateKey) as refused:
        await storage.insert("appointments", appointment("b", **{field: taken}))
    assert refused.value.fields == (field,)
    assert await storage.get("appointments", "b") is None


async def test_a_replace_names_the_unique_field_it_breaks_and_changes_nothing(storage: Storage) -> None:
    await storage.insert("appointments", appointment("a"))
    await storage.insert("appointments", appointment("b"))
    with pytest.raises(DuplicateKey) as refused:
        await storage.replace_if_unchanged("appointments", appointment("b", slot="a"))
    assert refused.value.fields == ("slot",)
    assert await storage.get("appointments", "b") == appointment("b")


async def test_a_unique_value_is_free_again_after_a_replace_or_delete(storage: Storage) -> None:
    await storage.insert("appointments", appointment("a", slot="nine"))
    assert await storage.replace_if_unchanged("appointments", appointment("a", slot="a"))
    await storage.insert("appointments", appointment("b", slot="nine"))
    assert await storage.delete("appointments", "b")
    await storage.insert("appointments", appointment("c", slot="nine"))
    assert await ids(storage, "appointments", {"slot": "nine"}) == ["c"]


async def test_a_replace_wins_only_against_the_rev_it_read(storage: Storage) -> None:
    first = appointment("a", note="first")
    await storage.insert("appointments", first)
    assert await storage.replace_if_unchanged("appointments", {**first, "note": "second"})
    assert first == appointment("a", note="first")
    assert not await storage.replace_if_unchanged("appointments", {**first, "note": "late"})
    assert not await storage.replace_if_unchanged("appointments", {**first, "rev": 3, "note": "early"})
    assert await storage.get("appointments", "a") == {**first, "rev": 2, "note": "second"}
    assert await storage.revs("appointments", ["a", "b"]) == {"a": 2}


async def test_a_replace_may_add_and_leave_out_fields(storage: Storage) -> None:
    await storage.insert("appointments", appointment("a", old=1))
    assert await storage.replace_if_unchanged("appointments", appointment("a", new=2))
    assert await storage.get("appointments", "a") == appointment("a", new=2, rev=2)


async def test_a_replace_moves_the_document_in_every_index(storage: Storage) -> None:
    await storage.insert("notifications", notification("n", state="queued", sid=""))
    moved = notification("n", state="sending", sid="SM1", next_at=NOON + timedelta(hours=1))
    assert await storage.replace_if_unchanged("notifications", moved)
    assert await ids(storage, "notifications", {"state": "queued"}) == []
    assert await ids(storage, "notifications", {"state": "sending", "next_at": Range(lte=NOON)}) == []
    assert await ids(storage, "notifications", {"state": "sending", "next_at": Range(gt=NOON)}) == ["n"]
    assert await ids(storage, "notifications", {"sid": "SM1"}) == ["n"]


async def test_deleting(storage: Storage) -> None:
    await storage.insert("appointments", appointment("a"))
    assert await storage.delete("appointments", "a") is True
    assert await storage.delete("appointments", "a") is False
    assert await storage.get("appointments", "a") is None
    assert await ids(storage, "appointments", {"doctor_id": "d1"}) == []


async def test_revs_of_those_that_exist(storage: Storage) -> None:
    for number in range(5):
        await storage.insert("queue_days", filled("queue_days", f"d{number}", rev=number))
    assert await storage.revs("queue_days", ["d1", "d4", "d9"]) == {"d1": 1, "d4": 4}
    assert await storage.revs("queue_days", []) == {}


async def test_collections_do_not_see_each_other(storage: Storage) -> None:
    await storage.insert("displays", display("a"))
    assert await storage.get("doctors", "a") is None
    await storage.insert("doctors", filled("doctors", "a"))
    assert await storage.delete("doctors", "a")
    assert await storage.get("displays", "a") is not None


async def test_paging_by_order_misses_and_repeats_nothing(storage: Storage) -> None:
    expected = [f"{number:03d}" for number in range(25)]
    for id in expected:
        await storage.insert("displays", display(id))
    for descending in (False, True):
        seen: list[str] = []
        while True:
            where: dict[str, Condition] = {}
            if seen:
                where = {"order": Range(lt=seen[-1]) if descending else Range(gt=seen[-1])}
            page = await ids(storage, "displays", where, sort="order", descending=descending, limit=10)
            if not page:
                break
            seen += page
        assert seen == (expected[::-1] if descending else expected)


async def test_a_filtered_list_pages_by_order(storage: Storage) -> None:
    for number in range(12):
        await storage.insert("notifications", notification(f"{number:02d}", state="sent" if number % 3 else "failed"))
    where: dict[str, Condition] = {"state": "failed", "order": Range(lt="09")}
    assert await ids(storage, "notifications", where, sort="order", descending=True, limit=2) == ["06", "03"]
    both: dict[str, Condition] = {"state": In(["failed", "sent"]), "order": Range(gte="10")}
    assert await ids(storage, "notifications", both, sort="order") == ["10", "11"]
    narrowed: dict[str, Condition] = {"day": "2026-03-02", "state": "failed", "kind": "joined"}
    assert await ids(storage, "notifications", narrowed, sort="order", limit=2) == ["00", "03"]


async def test_in_and_equality(storage: Storage) -> None:
    for number in range(6):
        await storage.insert("notifications", notification(f"n{number}", sid=f"SM{number % 3}"))
    assert await ids(storage, "notifications", {"sid": "SM1"}) == ["n1", "n4"]
    assert sorted(await ids(storage, "notifications", {"sid": In(["SM0", "SM2"])})) == ["n0", "n2", "n3", "n5"]
    assert await ids(storage, "notifications", {"sid": In([])}) == []
    assert await ids(storage, "notifications", {"_id": In(["n5", "n2", "zz"])}, sort="_id") == ["n2", "n5"]


async def test_prefix_search_is_a_range_of_ids(storage: Storage) -> None:
    for term in ("ana:1", "anna:2", "annabel:3", "bea:4", "ännchen:5"):
        await storage.insert("patient_terms", filled("patient_terms", term))
    where: dict[str, Condition] = {"_id": Range(gte="ann", lt="ann\U0010ffff")}
    assert await ids(storage, "patient_terms", where, sort="_id") == ["anna:2", "annabel:3"]
    assert (await ids(storage, "patient_terms", {"_id": Range(gte="b")}, sort="_id"))[-1] == "ännchen:5"


async def test_dates_compare_as_instants(storage: Storage) -> None:
    for hours in (-30, -1, 0, 1, 30):
        await storage.insert("refresh_families", family(f"{hours:+03d}", expires_at=NOON + timedelta(hours=hours)))
    await storage.insert("refresh_families", family("old", expires_at=datetime(1960, 1, 1, tzinfo=UTC)))
    find = storage.find
    assert {row["_id"] for row in await find("refresh_families", {"expires_at": Range(lt=NOON)})} == {
        *("-30", "-01", "old")
    }
    assert await ids(storage, "refresh_families", {"expires_at": Range(gt=NOON)}, sort="expires_at") == ["+01", "+30"]
    within = Range(gte=NOON - timedelta(hours=1), lte=NOON)
    assert await ids(storage, "refresh_families", {"expires_at": within}, sort="expires_at") == ["-01", "+00"]
    elsewhere = NOON.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert await ids(storage, "refresh_families", {"expires_at": elsewhere}) == ["+00"]


async def test_the_empty_string_for_no_date_is_in_no_range_of_dates(storage: Storage) -> None:
    await storage.insert("refresh_families", family("never", expires_at=""))
    await storage.insert("refresh_families", family("noon", expires_at=NOON))
    for everything in (Range(gte=NOON), Range(lte=NOON), Range(gt=NOON - timedelta(days=1))):
        assert await ids(storage, "refresh_families", {"expires_at": everything}) == ["noon"]
    assert await ids(storage, "refresh_families", {"expires_at": ""}) == ["never"]


async def test_truth_values_and_days_select(storage: Storage) -> None:
    for number in range(4):
        day = filled("queue_days", f"q{number}", settled=number < 2, day=f"2026-03-0{number + 1}")
        await storage.insert("queue_days", day)
    assert sorted(await ids(storage, "queue_days", {"settled": False})) == ["q2", "q3"]
    unsettled: dict[str, Condition] = {"settled": False, "day": Range(lt="2026-03-04")}
    assert await ids(storage, "queue_days", unsettled) == ["q2"]


async def test_the_limit_is_kept(storage: Storage) -> None:
    for number in range(250):
        await storage.insert("displays", display(f"{number:03d}"))
    assert len(await storage.find("displays", {}, sort="order")) == 200
    assert len(await storage.find("displays", {}, sort="order", limit=1)) == 1
    assert len(await storage.find("displays", {}, sort="order", limit=1000)) == 250


async def test_a_large_document(storage: Storage) -> None:
    tickets = [{"id": f"t{number}", "steps": [{"start": NOON, "reason": "x" * 50}] * 20} for number in range(500)]
    document = filled("queue_days", "d", rev=1, tickets=tickets)
    await storage.insert("queue_days", document)
    assert await storage.replace_if_unchanged("queue_days", document)
    assert await storage.get("queue_days", "d") == {**document, "rev": 2}


@pytest.mark.parametrize("id", ["", "a b", "ü", "'; DROP TABLE x", "a:2026-03-02", "x" * 300, "a\x00b", "$a", "a.b"])
async def test_any_string_is_an_id(storage: Storage, id: str) -> None:
    await storage.insert("settings", {"_id": id, "rev": 1})
    assert await storage.get("settings", id) == {"_id": id, "rev": 1}
    assert await storage.replace_if_unchanged("settings", {"_id": id, "rev": 1, "x": 1})
    assert await storage.revs("settings", [id]) == {id: 2}
    assert await storage.delete("settings", id)


async def test_a_document_that_strays_from_the_declaration_is_refused(storage: Storage) -> None:
    wrong: list[dict[str, Any]] = [
        {key: value for key, value in appointment("a").items() if key != "slot"},
        appointment("a", slot=None),
        appointment("a", slot=["nine"]),
        appointment("a", slot=datetime(2026, 3, 2)),  # noqa: DTZ001 - the mistake that is tested
        {**appointment("a"), "_id": 7},
    ]
    for document in wrong:
        with pytest.raises(ValueError):
            await storage.insert("appointments", document)
        with pytest.raises(ValueError):
            await storage.replace_if_unchanged("appointments", document)
    assert await storage.find("appointments", {}) == []


async def test_a_collection_or_query_that_is_not_declared_is_refused(storage: Storage) -> None:
    with pytest.raises(KeyError):
        await storage.get("nonsense", "a")
    with pytest.raises(KeyError):
        await storage.insert("nonsense", {"_id": "a"})
    with pytest.raises(ValueError):
        await storage.find("appointments", {"note": "x"})
    with pytest.raises(ValueError):
        await storage.find("notifications", {"sid": "x"}, sort="order")
    with pytest.raises(ValueError):
        await storage.find("notifications", {"state": "x", "next_at": Range(lte=NOON)}, sort="order")


async def test_ping(storage: Storage) -> None:
    await storage.ping()


async def test_documents_are_there_when_it_is_opened_again(home: Home) -> None:
    first = await home.open()
    await first.insert("appointments", appointment("a"))
    await first.close()
    second = await home.open()
    assert await second.get("appointments", "a") == appointment("a")
    with pytest.raises(DuplicateKey):
        await second.insert("appointments", appointment("b", slot="a"))
    await second.close()


async def test_after_close_it_is_unavailable(home: Home) -> None:
    storage = await home.open()
    accepted = [asyncio.ensure_future(storage.insert("settings", {"_id": f"s{n}", "rev": 1})) for n in range(5)]
    await asyncio.gather(*accepted)
    await storage.close()
    await storage.close()
    with pytest.raises(StorageUnavailable):
        await storage.get("settings", "s1")
    with pytest.raises(StorageUnavailable):
        await storage.insert("settings", {"_id": "late", "rev": 1})
    with pytest.raises(StorageUnavailable):
        await storage.ping()
