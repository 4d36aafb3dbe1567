"""The Motor home: a database that goes away and comes back, and settings that are wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from pymongo import MongoClient
from pymongo.errors import DuplicateKeyError, OperationFailure

from config.settings import Settings
from server.errors import StorageUnavailable
from server.storage import mongo
from server.storage.indexes import COLLECTIONS
from server.storage.mongo import MongoStorage
from server.storage.open import open_storage
from server.storage.port import CannotOpenStorage, DuplicateKey
from tests.storage.support import Home, WireServer, filled, mongo_home

pytestmark = pytest.mark.gen_test(timeout=120)


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[WireServer]:
    """A server of this test's own, to be stopped, killed and frozen."""
    server = WireServer(tmp_path / "wire")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give up sooner than in earnest, so that these tests need not wait."""
    monkeypatch.setattr(mongo, "SELECTION_SECONDS", 0.5)
    monkeypatch.setattr(mongo, "OPERATION_SECONDS", 1.0)


@pytest.mark.usefixtures("impatient")
async def test_a_lost_database_heals_by_itself(own_server: WireServer, tmp_path: Path) -> None:
    home = mongo_home(own_server.uri, tmp_path / "data")
    storage = await home.open()
    await storage.insert("settings", {"_id": "before", "rev": 1})
    for end in (own_server.stop, own_server.kill):
        end()
        with pytest.raises(StorageUnavailable):
            await storage.insert("settings", {"_id": "meanwhile", "rev": 1})
        with pytest.raises(StorageUnavailable):
            await storage.ping()
        many = [storage.get("settings", "before") for _ in range(200)]
        outcomes = await asyncio.gather(*many, return_exceptions=True)
        assert all(isinstance(outcome, StorageUnavailable) for outcome in outcomes)
        own_server.start()
        await until_it_answers(storage)
        assert await storage.get("settings", "before") == {"_id": "before", "rev": 1}
        await storage.insert("settings", {"_id": f"after {end.__name__}", "rev": 1})
    await storage.close()


async def until_it_answers(storage: MongoStorage | object) -> None:
    assert isinstance(storage, MongoStorage)
    while True:
        try:
            return await storage.ping()
        except StorageUnavailable:
            await asyncio.sleep(0.05)


@pytest.mark.usefixtures("impatient")
async def test_a_frozen_database_is_given_up_and_heals(own_server: WireServer, tmp_path: Path) -> None:
    storage = await mongo_home(own_server.uri, tmp_path / "data").open()
    document = {"_id": "a", "rev": 1}
    await storage.insert("settings", document)
    own_server.freeze()
    asked = [storage.get("settings", "a") for _ in range(50)]
    outcomes = await asyncio.gather(*asked, return_exceptions=True)
    assert all(isinstance(outcome, StorageUnavailable) for outcome in outcomes)
    with pytest.raises(StorageUnavailable):
        await storage.replace_if_unchanged("settings", document)
    own_server.thaw()
    await until_it_answers(storage)
    assert await storage.get("settings", "a") is not None
    await storage.close()


@pytest.mark.usefixtures("impatient")
async def test_a_database_that_is_down_at_the_start_gets_its_indexes_when_it_comes(
    own_server: WireServer, tmp_path: Path
) -> None:
    home = mongo_home(own_server.uri, tmp_path / "data")
    own_server.stop()
    storage = await home.open()
    with pytest.raises(StorageUnavailable):
        await storage.ping()
    with pytest.raises(StorageUnavailable):
        await storage.insert("appointments", filled("appointments", "a"))
    own_server.start()
    await until_it_answers(storage)
    await storage.insert("appointments", filled("appointments", "a", slot="nine"))
    with pytest.raises(DuplicateKey):
        await storage.insert("appointments", filled("appointments", "b", slot="nine"))
    await storage.close()


async def test_every_declared_index_is_created(wire_server: WireServer, tmp_path: Path) -> None:
    home = mongo_home(wire_server.uri, tmp_path / "data")
    await (await home.open()).close()
    await (await home.open()).close()
    with MongoClient[dict[str, object]](wire_server.uri) as client:
        database = client[home.settings.mongodb_database]
        for collection, indexes in COLLECTIONS.items():
            present = database[collection].index_information()
            keys = {tuple(field for field, _ in entry["key"]): entry.get("unique", False) for entry in present.values()}
            for index in indexes:
                assert keys[index.fields] == index.unique


async def test_the_address_cannot_weaken_what_acknowledged_means(wire_server: WireServer, tmp_path: Path) -> None:
    weakened = f"{wire_server.uri}?w=0&journal=false&readConcernLevel=local&readPreference=secondary"
    storage = await mongo_home(weakened, tmp_path / "data").open()
    assert isinstance(storage, MongoStorage)
    collection = storage._collection("settings")
    assert (collection.write_concern.document["w"], collection.write_concern.document["j"]) == ("majority", True)
    assert collection.read_concern.level == "majority"
    assert collection.read_preference.mode == 0  # primary
    await storage.close()


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("clinic.example:27017", "must begin with mongodb://"),
        ("postgres://u:sesame@h/", "must begin with mongodb://"),
        ("mongodb://u:sesame@", "is not an address"),
        ("mongodb://u:ses@ame@h/", "is not an address"),
        ("mongodb://u:ses/ame@h/", "is not an address"),
        ("mongodb://h:99999/", "is not an address"),
        ("mongodb://u:sesame@h/?autSource=admin", "has an option that is not understood: Unknown option: autsource"),
        ("mongodb://h/?tls=perhaps", "has an option that is not understood"),
    ],
)
async def test_a_wrong_address_is_one_line_without_the_password(uri: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(CannotOpenStorage) as refused:
        await open_storage(Settings(data_dir=tmp_path, mongodb_uri=SecretStr(uri)))
    text = str(refused.value)
    assert message in text
    assert text.startswith("MONGODB_URI ")
    assert "\n" not in text
    assert "ses" not in text


@pytest.mark.parametrize("name", ["a b", "a.b", "$a", "a/b", ""])
async def test_a_wrong_database_name(name: str, wire_server: WireServer, tmp_path: Path) -> None:
    uri = SecretStr(wire_server.uri)
    with pytest.raises(CannotOpenStorage, match=r"^MONGODB_DATABASE is not a database name: database name"):
        await open_storage(Settings(data_dir=tmp_path, mongodb_uri=uri, mongodb_database=name))


@pytest.mark.parametrize(
    ("refusal", "message"),
    [
        (OperationFailure("Authentication failed.", 18), "MongoDB cannot be used: Authentication failed."),
        (OperationFailure("not authorized on clinic", 13), "MongoDB cannot be used: not authorized on clinic"),
        (
            DuplicateKeyError("dup key: { phone: '+34600' }", 11000, {"keyPattern": {"phone": 1}}),
            "MongoDB cannot be used: documents in it share a value of phone that must be unique",
        ),
    ],
)
async def test_a_database_that_refuses_us_ends_the_start(
    wire_server: WireServer, monkeypatch: pytest.MonkeyPatch, refusal: OperationFailure, message: str
) -> None:
    async def refuse(_: MongoStorage) -> None:
        raise refusal

    monkeypatch.setattr(MongoStorage, "_prepare", refuse)
    with pytest.raises(CannotOpenStorage) as refused:
        await MongoStorage.open(wire_server.uri, "clinic")
    assert str(refused.value) == message


async def test_the_index_that_mongodb_names_is_the_one_reported(wire_server: WireServer, tmp_path: Path) -> None:
    home: Home = mongo_home(wire_server.uri, tmp_path / "data")
    storage = await home.open()
    assert isinstance(storage, MongoStorage)
    error = DuplicateKeyError("E11000", 11000, {"keyPattern": {"slot": 1}})
    document = filled("appointments", "a")
    found = await storage._duplicate("appointments", document, error, inserting=True)
    assert (found.collection, found.fields) == ("appointments", ("slot",))
    await storage.insert("appointments", document)
    found = await storage._duplicate("appointments", document, error, inserting=True)
    assert found.fields == ("_id",)
    await storage.close()
