"""The figures that `/metrics` reads from what is in memory at the moment somebody asks."""

from __future__ import annotations

from collections import Counter

from handlers.services import Services
from server.jobs import Jobs
from server.live.hub import Hub
from server.sms.outbox import Outbox


def observe(services: Services, jobs: Jobs) -> None:
    """Hand each figure to the metrics, which ask for it whenever somebody asks for them."""
    metrics = services.metrics

    metrics.read(
        "clinic_tickets",
        "Tickets of today in memory",
        "state",
        lambda: Counter(ticket.state.value for ticket in services.queues.open_tickets()),
    )
    metrics.read(
        "clinic_queues",
        "Queues of today",
        "status",
        lambda: Counter(day.status.value for day in services.queues.days()),
    )
    metrics.read("clinic_sockets", "Open sockets", "kind", lambda: services.hub.counts().sockets)
    metrics.read(
        "clinic_displays", "Displays heard here, and those fallen silent", "state", services.displays.health.counts
    )
    metrics.read("clinic_hub_total", "The hub's work since the start", "what", lambda: _hub_totals(services.hub))
    metrics.read(
        "clinic_sms_reached_total",
        "How often texts came into each state since the start",
        "state",
        lambda: {state.value: number for state, number in services.outbox.figures().reached.items()},
    )
    metrics.read(
        "clinic_sms_backlog",
        "Texts the pump last found due",
        "lane",
        lambda: {str(lane): number for lane, number in services.outbox.figures().backlog.items()},
    )
    metrics.read(
        "clinic_sms_blocked",
        "1 while Twilio refuses the account, by its code",
        "code",
        lambda: _blocked(services.outbox),
    )
    metrics.read("clinic_job_age_seconds", "Since each job last ended well", "job", jobs.ages)
    metrics.read(
        "clinic_job_last_run_seconds",
        "When each job last began, in Unix seconds; 0 where it has not yet",
        "job",
        lambda: {name: run.began.timestamp() if run.began else 0.0 for name, run in jobs.runs().items()},
    )
    metrics.read(
        "clinic_job_failures_total",
        "How often each job failed since the start",
        "job",
        lambda: {name: run.failures for name, run in jobs.runs().items()},
    )


def _blocked(outbox: Outbox) -> dict[str, float]:
    alert = outbox.figures().alert
    return {alert.code: 1.0} if alert else {}


def _hub_totals(hub: Hub) -> dict[str, float]:
    counts = hub.counts()
    return {
        "published": counts.published,
        "written": counts.written,
        "merged": counts.merged,
        "stuck": counts.stuck,
    }
