"""Percentiles and the lines they are printed in."""

from __future__ import annotations

import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, TypeVar

from benchmarks.http import Connection

T = TypeVar("T")


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest-rank percentile; `share` in 0..1."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def milliseconds(seconds: Sequence[float]) -> str:
    """`p50 1.2  p95 3.4  max 5.6 ms` of times in seconds."""
    p50, p95 = percentile(seconds, 0.5), percentile(seconds, 0.95)
    return f"p50 {p50 * 1e3:7.1f}  p95 {p95 * 1e3:7.1f}  max {max(seconds) * 1e3:7.1f} ms"


def fsync_seconds(folder: Path | None = None, times: int = 100) -> float:
    """The median time of one 4 KiB append and fsync where temporary files live."""
    taken = []
    with tempfile.NamedTemporaryFile(dir=folder) as file:
        for _ in range(times):
            began = time.perf_counter()
            file.write(b"x" * 4096)
            file.flush()
            os.fsync(file.fileno())
            taken.append(time.perf_counter() - began)
    return statistics.median(taken)


async def spread(
    connections: Sequence[Connection], work: Sequence[T], one: Callable[[Connection, T], Coroutine[Any, Any, None]]
) -> float:
    """All of `work` over `connections`, each taking the next piece when it is free; seconds in total."""
    left = iter(work)

    async def worker(connection: Connection) -> None:
        for piece in left:
            await one(connection, piece)

    began = time.perf_counter()
    await asyncio.gather(*(worker(connection) for connection in connections))
    return time.perf_counter() - began
