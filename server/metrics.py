"""What the process counts for Prometheus, in a registry of its own (nothing global).

Names of doctors, patients and tickets never become labels: routes are patterns, queues are totals.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS: Final = (0.005, 0.025, 0.1, 0.5, 2.5)
# Anybody can make up a method; a label is for ever.
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"})

Reading = Callable[[], Mapping[str, float]]


class Metrics:
    """Counters others add to, and readings taken when somebody asks."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "clinic_http_requests", "Answered requests", ("method", "route", "status"), registry=self._registry
        )
        self._seconds = Histogram(
            "clinic_http_request_seconds",
            "Time to answer a request",
            ("route",),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._problems = Counter(
            "clinic_http_problems", "Answers that were refusals, by code", ("code",), registry=self._registry
        )
        self._ready = Gauge("clinic_ready", "1 while /readyz answers 200", registry=self._registry)

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answered request."""
        route = route or "unknown"
        self._requests.labels(method if method in _METHODS else "other", route, f"{status // 100}xx").inc()
        self._seconds.labels(route).observe(seconds)

    def problem(self, code: str) -> None:
        """Count one refusal."""
        self._problems.labels(code).inc()

    def ready(self, ready: bool) -> None:
        self._ready.set(ready)

    def read(self, name: str, help: str, label: str, reading: Reading) -> None:
        """Take the gauge `name` from `reading` (label value → number) whenever the metrics are asked for."""
        self._registry.register(_Readings(name, help, label, reading))

    def text(self) -> bytes:
        """Everything in Prometheus' text format."""
        return generate_latest(self._registry)


class _Readings(Collector):
    def __init__(self, name: str, help: str, label: str, reading: Reading) -> None:
        self._name = name
        self._help = help
        self._label = label
        self._reading = reading

    def describe(self) -> list[GaugeMetricFamily]:
        return [GaugeMetricFamily(self._name, self._help, labels=[self._label])]

    def collect(self) -> list[GaugeMetricFamily]:
        family = GaugeMetricFamily(self._name, self._help, labels=[self._label])
        for value, number in self._reading().items():
            family.add_metric([value], number)
        return [family]
