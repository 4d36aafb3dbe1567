"""For whoever runs the server: is it alive, is it ready, what does it count."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any, Final

from handlers.base import ApiHandler, operation
from handlers.schemas import Answer
from server import metrics
from server.clock import iso
from server.errors import Forbidden, StorageUnavailable
from server.health import JobRun

# What proxies add of their own accord; one that adds none of it and keeps the Host is told by that name.
_FORWARDED: Final = frozenset({"Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip"})


class Alive(Answer):
    status: str


class JobAnswer(Answer):
    """`ok` says of the latest run whether it ended well; the times are null until there is one."""

    last_run: str | None
    last_success: str | None
    ok: bool


class ReadyAnswer(Answer):
    """`jobs` by name."""

    status: str
    jobs: dict[str, JobAnswer]


class HealthHandler(ApiHandler):
    while_loading = True

    @operation(summary="Whether the process answers", answer=Alive)
    async def get(self) -> None:
        self.answer({"status": "ok"})


class ReadyHandler(ApiHandler):
    while_loading = True

    @operation(summary="Whether the server can take work", answer=ReadyAnswer, errors=(StorageUnavailable,))
    async def get(self) -> None:
        readiness = await self.services.health.check()
        self.services.metrics.ready(readiness.ready)
        if not readiness.ready:
            raise StorageUnavailable(f"Not ready: {readiness.why}.")
        self.answer({"status": "ready", "jobs": {name: _job(run) for name, run in self.services.health.jobs().items()}})


class MetricsHandler(ApiHandler):
    while_loading = True

    @operation(summary="Prometheus metrics", answer=str, media_type="text/plain", errors=(Forbidden,))
    async def get(self) -> None:
        """From this machine, or with an administrator's access token."""
        admin = self.principal is not None and self.principal.role.value == "admin"
        if not admin and not self.comes_from_here():
            raise Forbidden("The metrics are for this machine and for administrators.")
        self.set_header("Content-Type", metrics.CONTENT_TYPE)
        self.write(self.services.metrics.text())

    def comes_from_here(self) -> bool:
        """Whether the caller is on this machine and asked for it by its own name; a proxy was asked for another."""
        if not _FORWARDED.isdisjoint(name.title() for name in self.request.headers):
            return False
        return _is_loopback(self.request.remote_ip or "") and _is_loopback(self.request.host_name.strip("[]"))


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _job(run: JobRun) -> dict[str, Any]:
    return {
        "last_run": iso(run.began) if run.began else None,
        "last_success": iso(run.succeeded) if run.succeeded else None,
        "ok": run.ok,
    }


routes = [
    ("/healthz", HealthHandler),
    ("/readyz", ReadyHandler),
    ("/metrics", MetricsHandler),
]
