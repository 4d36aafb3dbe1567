"""Start-up: first and second start on SQLite, memory after it, beside a bare Tornado process.

    python -m benchmarks.startup

Budgets (DESIGN 10): second start at most 1.5 s, at most 100 MB resident.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
from pathlib import Path

from benchmarks.process import bare, product

TIMES = 5


async def main() -> None:
    """One first start, then several on the same data."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        data_dir = Path(folder) / "data"
        async with product(data_dir) as running:
            first = running.started_in
        starts, memory, bare_starts, bare_memory = [], [], [], []
        for _ in range(TIMES):
            async with product(data_dir) as running:
                starts.append(running.started_in)
                memory.append(running.resident_mb())
            async with bare() as reference:
                bare_starts.append(reference.started_in)
                bare_memory.append(reference.resident_mb())
    second, plain = statistics.median(starts), statistics.median(bare_starts)
    print(f"first start {first:.2f} s; second {second:.2f} s (budget 1.5); a bare Tornado {plain:.2f} s")
    print(
        f"resident after start {statistics.median(memory):.0f} MB (budget 100),"
        f" a bare Tornado {statistics.median(bare_memory):.0f} MB"
    )


if __name__ == "__main__":
    asyncio.run(main())
