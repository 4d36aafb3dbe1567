"""The product and the reference in short turns, so that a busy moment of the machine meets both."""

from __future__ import annotations

import statistics
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from benchmarks.process import Running

Work = Callable[[], Awaitable[float]]  # does one turn's work; the seconds it took


@dataclass
class Comparison:
    """What the turns so far have shown. The reference does `bare_times` as much per turn, because it is over sooner."""

    ours: Running
    bare: Running
    bare_times: int = 1
    shares: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    bare_rates: list[float] = field(default_factory=list)
    used: float = 0.0
    bare_used: float = 0.0

    async def turn(self, count: int, ours: Work, bare: Work) -> None:
        """The reference, then ours; `count` is how many requests ours makes."""
        begun = self.bare.cpu_seconds()
        bare_wall = await bare() / self.bare_times
        self.bare_used += (self.bare.cpu_seconds() - begun) / self.bare_times
        begun = self.ours.cpu_seconds()
        wall = await ours()
        self.used += self.ours.cpu_seconds() - begun
        self.shares.append(bare_wall / wall)
        self.rates.append(count / wall)
        self.bare_rates.append(count / bare_wall)

    def report(self, budget: str) -> str:
        """The median turn, and the processor time of all of them."""
        return (
            f"{statistics.median(self.shares):.0%} (budget {budget}): {statistics.median(self.rates):.0f}/s,"
            f" bare {statistics.median(self.bare_rates):.0f}/s, the median of {len(self.shares)} turns;"
            f" by processor time {self.bare_used / self.used:.0%}"
        )
