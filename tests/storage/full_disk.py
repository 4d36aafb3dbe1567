"""A process whose files may not grow past a limit for a while: `python -m tests.storage.full_disk DIRECTORY`.

Writes until it is refused, goes on writing small and large while the limit stands, lifts it, and writes again.
Prints `refused N` (writes refused) and `kept` when everything acknowledged, and nothing else, is there.
"""

from __future__ import annotations

import asyncio
import resource
import sys
from pathlib import Path

from server.errors import StorageUnavailable
from server.storage.sqlite import SqliteStorage

LIMIT = 400_000


async def main(directory: Path) -> None:
    storage = await SqliteStorage.open(directory)
    unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT, unlimited[1]))
    kept: list[str] = []
    refused: list[str] = []

    async def write(id: str, size: int) -> None:
        try:
            await storage.insert("settings", {"_id": id, "rev": 1, "filling": "x" * size})
            kept.append(id)
        except StorageUnavailable:
            refused.append(id)

    for number in range(100):
        await write(f"one-{number}", 20_000)
    await asyncio.gather(*(write(f"many-{number}", 20_000) for number in range(20)))
    await storage.get("settings", "one-0")
    print(f"refused {len(refused)}")
    try:
        await storage.ping()
    except StorageUnavailable:
        print("ping refused")
    resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
    await storage.ping()
    await write("afterwards", 20_000)
    everything = {f"one-{number}" for number in range(100)} | {f"many-{number}" for number in range(20)}
    stored = await storage.revs("settings", sorted(everything | {"afterwards"}))
    await storage.close()
    if kept[-1] == "afterwards" and set(kept) <= set(stored):
        print("kept")


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
