"""A process to be killed: writes as fast as it can and says on stdout what was acknowledged, one line each.

`python -m tests.storage.crash_writer RUN`, with the settings in the environment. `open` once the storage is open,
`i <id>` for an insert, `r <id> <rev>` for a replace, `down` when the storage was lost under it.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import sys

from config.settings import Settings
from server.errors import StorageUnavailable
from server.storage.open import open_storage
from server.storage.port import Storage

WRITERS = 8


def say(line: str) -> None:
    os.write(sys.stdout.fileno(), f"{line}\n".encode())


async def write(storage: Storage, run: str, writer: int) -> None:
    """Insert documents, and between them replace one guarded document again and again."""
    counter = {"_id": f"{run}-{writer}", "rev": 1, "filling": "x" * 3000}
    await storage.insert("settings", counter)
    say(f"i {counter['_id']}")
    for number in itertools.count():
        document = {"_id": f"{run}-{writer}-{number}", "rev": 1, "filling": "y" * 500}
        await storage.insert("settings", document)
        say(f"i {document['_id']}")
        if not await storage.replace_if_unchanged("settings", {**counter, "rev": number + 1}):
            raise RuntimeError("somebody else wrote the counter")
        say(f"r {counter['_id']} {number + 2}")


async def main(run: str) -> None:
    storage = await open_storage(Settings())
    say("open")
    try:
        await asyncio.gather(*(write(storage, run, writer) for writer in range(WRITERS)))
    except StorageUnavailable:
        say("down")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
