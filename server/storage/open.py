"""Which home the settings choose: MongoDB when its address is set, else the embedded SQLite file."""

from __future__ import annotations

from config.settings import Settings
from server.storage.mongo import MongoStorage
from server.storage.port import Storage
from server.storage.sqlite import SqliteStorage


async def open_storage(settings: Settings) -> Storage:
    """The database, its indexes declared, used from the running loop only; close it with `close()`.

    Raises CannotOpenStorage, one line for the operator, when the settings are wrong. A MongoDB that is down is not
    wrong settings: its verbs raise StorageUnavailable until it is up (`mongo.py`).
    """
    if settings.mongodb_uri is not None:
        return await MongoStorage.open(settings.mongodb_uri.get_secret_value(), settings.mongodb_database)
    return await SqliteStorage.open(settings.data_dir)
