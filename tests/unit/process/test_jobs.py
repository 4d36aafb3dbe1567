"""Jobs run by the clock or when woken, one after the other, whatever one of them does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from server.clock import SystemClock
from server.errors import StorageUnavailable
from server.jobs import Jobs

LONG = 3600.0
SHORT = 0.01


@asynccontextmanager
async def running(jobs: Jobs) -> AsyncIterator[Jobs]:
    jobs.start()
    try:
        async with asyncio.timeout(4):
            yield jobs
    finally:
        await jobs.stop()


@pytest.mark.gen_test
async def test_a_woken_job_runs_now_and_one_woken_while_it_runs_runs_again() -> None:
    clock = SystemClock()
    jobs = Jobs(clock)
    runs = 0
    began, go_on, twice = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def work() -> None:
        nonlocal runs
        runs += 1
        began.set()
        await go_on.wait()
        if runs == 2:
            twice.set()

    jobs.add("pump", LONG, work)
    async with running(jobs):
        jobs.wake("pump", clock.now() - timedelta(days=300))
        await began.wait()
        jobs.wake("pump", clock.now())
        while not jobs._jobs["pump"].again:  # the scheduler finds it busy
            await asyncio.sleep(0.001)
        go_on.set()
        await twice.wait()
    assert runs == 2
    jobs.wake("pump", clock.now())


@pytest.mark.gen_test
async def test_a_job_runs_at_the_instant_it_is_due_whatever_its_interval() -> None:
    clock = SystemClock()
    jobs = Jobs(clock)
    due = [clock.now() + timedelta(seconds=SHORT), clock.now()]  # the second is past when the first run ends
    twice = asyncio.Event()
    runs: list[datetime] = []

    async def work() -> None:
        runs.append(clock.now())
        if len(runs) == 2:
            twice.set()

    jobs.add("rollover", LONG, work, lambda: due[len(runs)] if len(runs) < 2 else clock.now() + timedelta(days=1))
    async with running(jobs):
        await twice.wait()
    assert all(run >= at for run, at in zip(runs, due, strict=True))


@pytest.mark.gen_test
async def test_a_job_that_fails_runs_again_and_stops_no_other(caplog: pytest.LogCaptureFixture) -> None:
    jobs = Jobs(SystemClock())
    failures, goods = 0, 0
    enough = asyncio.Event()

    async def bad() -> None:
        nonlocal failures
        failures += 1
        raise StorageUnavailable if failures % 2 else ZeroDivisionError

    async def good() -> None:
        nonlocal goods
        goods += 1
        if goods > 2 and failures > 2:
            enough.set()

    jobs.add("bad", SHORT, bad)
    jobs.add("good", SHORT, good)
    async with running(jobs):
        await enough.wait()
    assert jobs.ages().keys() == {"bad", "good"}
    bad_runs, good_runs = jobs.runs()["bad"], jobs.runs()["good"]
    assert (bad_runs.ok, bad_runs.succeeded, bad_runs.failures) == (False, None, failures // 2)
    assert bad_runs.began is not None
    assert (good_runs.ok, good_runs.failures) == (True, 0)
    assert good_runs.succeeded is not None


@pytest.mark.gen_test
async def test_stopping_waits_for_what_runs() -> None:
    jobs = Jobs(SystemClock())
    began, ended = asyncio.Event(), False

    async def work() -> None:
        nonlocal ended
        began.set()
        await asyncio.sleep(0.05)
        ended = True

    jobs.add("sweep", SHORT, work)
    async with running(jobs):
        await began.wait()
    assert ended


@pytest.mark.gen_test
async def test_every_time_it_is_asked_for_is_kept() -> None:
    runs: list[int] = []
    clock = SystemClock()
    jobs = Jobs(clock)
    twice = asyncio.Event()

    async def work() -> None:
        runs.append(len(runs))
        if len(runs) == 2:
            twice.set()

    jobs.add("asked", LONG, work)
    async with running(jobs):
        now = clock.now()
        for later in (0.2, 0.1):
            jobs.wake("asked", now + timedelta(seconds=later))
        await twice.wait()


@pytest.mark.gen_test
async def test_a_clock_that_is_set_days_forward_asks_for_one_run() -> None:
    jobs = Jobs(SystemClock())

    async def work() -> None: ...

    jobs.add("sweep", 5, work)
    async with running(jobs):
        assert jobs._scheduler is not None
        missed = jobs._scheduler.get_job("sweep")._get_run_times(datetime.now(UTC) + timedelta(days=1))
        assert len(missed) == 1


@pytest.mark.gen_test
async def test_a_clock_that_is_set_back_does_not_let_the_jobs_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = Jobs(SystemClock(), watch_seconds=SHORT)
    ran = asyncio.Event()

    async def work() -> None:
        ran.set()

    jobs.add("sweep", LONG, work)
    async with running(jobs):
        monkeypatch.setattr("server.jobs.machine_now", lambda: datetime.now(UTC) - timedelta(hours=1))
        await ran.wait()
