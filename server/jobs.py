"""The clock-driven side: interval jobs on TornadoScheduler that wake code which reads the database.

No job holds work of its own; every one may run in every process, twice, or late.
"""

from __future__ import annotations

import asyncio
from bisect import insort
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog
from apscheduler.events import EVENT_JOB_MAX_INSTANCES, JobExecutionEvent
from apscheduler.schedulers.tornado import TornadoScheduler
from apscheduler.triggers.base import BaseTrigger
from tornado.ioloop import IOLoop

from server.clock import Clock
from server.errors import StorageUnavailable
from server.health import JobRun

STOP_SECONDS: Final = 5.0
WATCH_SECONDS: Final = 5.0
JUMP_SECONDS: Final = 2.0
MOST_ASKED: Final = 100
NOTICED_SECONDS: Final = 0.01

log = structlog.get_logger("jobs")


def machine_now() -> datetime:
    """What the scheduler goes by, which need not be the product's clock."""
    return datetime.now(UTC)


def _wall_offset() -> float:
    """Seconds by which the machine's clock is ahead of the loop's, which nobody sets."""
    return machine_now().timestamp() - asyncio.get_running_loop().time()


class Every(BaseTrigger):  # type: ignore[misc]  # APScheduler has no types
    """An interval that is counted from each run.

    APScheduler's own lists every run that was missed before it drops all but one: after a clock was set days forward,
    seconds of a loop that stands still.
    """

    def __init__(self, interval: timedelta) -> None:
        self._interval = interval

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime:
        """The next run, whenever the previous one was."""
        return now + self._interval


@dataclass(slots=True)
class _Job:
    """`again`: it was asked for while it ran, so it runs once more. `due`: when it must run whatever its interval.

    `asked`: the times it was asked for and has not come to, by the machine's clock, earliest first.
    """

    name: str
    work: Callable[[], Awaitable[None]]
    due: Callable[[], datetime] | None = None
    again: bool = False
    last_begin: datetime | None = None
    last_end: datetime | None = None
    ok: bool = True
    failures: int = 0
    running: set[asyncio.Task[None]] = field(default_factory=set)
    asked: list[datetime] = field(default_factory=list)


class Jobs:
    """Jobs by name. Errors of one are logged and stop neither it nor the others.

    The scheduler goes by the machine's clock. One that is set back would let every job rest for that long, so it is
    held against the loop's own time every `watch_seconds`; after a jump every job runs at once.
    """

    def __init__(self, clock: Clock, watch_seconds: float = WATCH_SECONDS) -> None:
        self._clock = clock
        self._watch_seconds = watch_seconds
        self._watch: asyncio.TimerHandle | None = None
        self._offset = 0.0
        self._jobs: dict[str, _Job] = {}
        self._scheduler: TornadoScheduler | None = None
        self._seconds: dict[str, float] = {}
        self._began: datetime | None = None

    def add(
        self,
        name: str,
        seconds: float,
        work: Callable[[], Awaitable[None]],
        due: Callable[[], datetime] | None = None,
    ) -> None:
        """Run `work` every `seconds` once started, and at `due()`, which is asked at the start and after each run."""
        self._jobs[name] = _Job(name, work, due)
        self._seconds[name] = seconds

    def start(self) -> None:
        """On the running loop."""
        self._began = self._clock.now()
        self._scheduler = TornadoScheduler(io_loop=IOLoop.current(), timezone=UTC)
        self._scheduler.add_listener(self._was_busy, EVENT_JOB_MAX_INSTANCES)
        for name, job in self._jobs.items():
            self._scheduler.add_job(
                self._run,
                Every(timedelta(seconds=self._seconds[name])),
                args=(job,),
                id=name,
                misfire_grace_time=None,
                coalesce=True,
                max_instances=1,
            )
        self._scheduler.start()
        self._offset = _wall_offset()
        self._watch_clock()
        for job in self._jobs.values():
            self._wake_when_due(job)

    async def stop(self) -> None:
        """Start nothing new, and wait a few seconds for what runs."""
        if self._scheduler is None:
            return
        if self._watch is not None:
            self._watch.cancel()
        self._scheduler.shutdown(wait=False)
        self._scheduler = None
        running = [task for job in self._jobs.values() for task in job.running]
        if running:
            _, late = await asyncio.wait(running, timeout=STOP_SECONDS)
            for task in late:
                task.cancel()
        # The scheduler takes its timer down in a callback of its own.
        await asyncio.sleep(0)

    def wake(self, name: str, at: datetime) -> None:
        """Run the job no later than `at`; nothing once stopped."""
        if self._scheduler is None:
            return
        run_at = machine_now() + max(at - self._clock.now(), timedelta(0))
        asked = self._jobs[name].asked
        insort(asked, run_at)
        # After a run the interval begins anew, so what else was asked for is kept; of a flood the earliest.
        del asked[MOST_ASKED:]
        job = self._scheduler.get_job(name)
        if job.next_run_time is None or job.next_run_time > run_at:
            self._scheduler.modify_job(name, next_run_time=run_at)

    def _wake_when_due(self, job: _Job) -> None:
        if job.due is not None:
            self.wake(job.name, job.due())

    def _wake_as_asked(self, job: _Job) -> None:
        """The earliest of the times asked for that lie after this run."""
        now = machine_now()
        job.asked[:] = [at for at in job.asked if at > now]
        if job.asked and self._scheduler is not None:
            scheduled = self._scheduler.get_job(job.name)
            if scheduled.next_run_time is None or scheduled.next_run_time > job.asked[0]:
                self._scheduler.modify_job(job.name, next_run_time=job.asked[0])

    def _watch_clock(self) -> None:
        offset = _wall_offset()
        if abs(offset - self._offset) >= JUMP_SECONDS and self._scheduler is not None:
            log.warning("the machine's clock was set", seconds=round(offset - self._offset, 1))
            for name, job in self._jobs.items():
                job.asked.clear()
                self._scheduler.modify_job(name, next_run_time=machine_now())
        self._offset = offset
        self._watch = asyncio.get_running_loop().call_later(self._watch_seconds, self._watch_clock)

    def ages(self) -> Mapping[str, float]:
        """Seconds since each job last ended well (since the start, where it has not yet)."""
        now = self._clock.now()
        return {name: (now - (job.last_end or self._began or now)).total_seconds() for name, job in self._jobs.items()}

    def runs(self) -> Mapping[str, JobRun]:
        """The latest run of each job."""
        return {name: JobRun(job.last_begin, job.last_end, job.ok, job.failures) for name, job in self._jobs.items()}

    def _was_busy(self, event: JobExecutionEvent) -> None:
        job = self._jobs[event.job_id]
        if job.running:
            job.again = True
        else:
            # Its run has just ended or not yet begun, which the scheduler is about to notice.
            asyncio.get_running_loop().call_later(NOTICED_SECONDS, self.wake, job.name, self._clock.now())

    async def _run(self, job: _Job) -> None:
        task = asyncio.current_task()
        assert task is not None
        job.running.add(task)
        job.last_begin = self._clock.now()
        ok = False
        try:
            await job.work()
            while job.again and self._scheduler is not None:
                job.again = False
                await job.work()
            job.last_end = self._clock.now()
            ok = True
        except StorageUnavailable:
            log.warning("job waits for the database", job=job.name)
        except Exception:
            job.failures += 1
            # The scheduler would only count it; the next run comes whatever happened.
            log.exception("job failed", job=job.name)
        finally:
            job.ok = ok
            job.running.discard(task)
            self._wake_when_due(job)
            self._wake_as_asked(job)
