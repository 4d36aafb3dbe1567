"""Plays a recorded clinic day through the REST API, at high speed, with sockets listening.

    python -m benchmarks.replay record.csv [--day 2019-08-10] [--all] [--kiosk]

Rooms are doctors. Whoever comes to the door joins; a stage in a room is a call, a start and a finish or a transfer to
the next room; calls out of turn are made as such; void tickets are cancelled; who never got past reception has left.
Events keep the record's order within each ticket and each queue; different queues run side by side. At four points
the last message of every socket must equal what the API answers, and at the end every ticket must stand as the record
says. With `--kiosk` the events come one after the other, and after each an open board in Chromium must show what the
API answers. Prints counts and latencies; exits 1 on any difference. The record is read at run time and kept nowhere.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import sys
import time
from collections import Counter, defaultdict
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.clinic import connections, make_doctor
from benchmarks.figures import milliseconds
from benchmarks.http import Connection
from benchmarks.kiosk_board import OpenBoard
from benchmarks.listeners import Listener
from benchmarks.process import product, signed_in
from benchmarks.record import Event, Journey, busiest_day, in_order, read_day

CONNECTIONS = 16
PUBLIC_SOCKETS = 3
PATIENCE = 10.0  # seconds until sockets that differ from the API are a difference


class Replay:
    """One day on one server: plays, listens, compares."""

    def __init__(self, address: str, token: str, journeys: list[Journey]) -> None:
        self.address, self.token, self.journeys = address, token, journeys
        self.doctors: dict[str, str] = {}
        self.tickets: dict[str, str] = {}  # the record's ticket → the latest id of ours
        self.chains: dict[str, list[str]] = defaultdict(list)
        self.taken: dict[str, list[float]] = defaultdict(list)
        self.sent: list[tuple[str, int, float]] = []  # doctor, seq that was answered, when it was asked for
        self.counts: Counter[str] = Counter()
        self.listeners: list[Listener] = []
        self.console = Listener("", "")
        self.differences: list[str] = []
        self.looks = 0

    async def prepare(self, stack: AsyncExitStack) -> None:
        """Rooms, connections and sockets."""
        self.pool: asyncio.Queue[Connection] = asyncio.Queue()
        pool = await stack.enter_async_context(connections(self.address, CONNECTIONS, self.token))
        for connection in pool:
            self.pool.put_nowait(connection)
        rooms = sorted({stage.room for journey in self.journeys for stage in journey.stages})
        for room in rooms:
            self.doctors[room] = await make_doctor(pool[0], f"Dr of {room}", room)
        board = {"name": "Waiting room", "doctor_ids": list(self.doctors.values())}
        display = await pool[0].call("POST", "/api/displays/", board, expect=201)
        sign_in = {"type": "authenticate", "token": self.token}
        for doctor_id in self.doctors.values():
            path = f"/ws/queue/{doctor_id}/"
            self.listeners += [Listener(self.address, path) for _ in range(PUBLIC_SOCKETS)]
            self.listeners.append(Listener(self.address, path, (sign_in,)))
        token = {"type": "authenticate", "token": display["token"]}
        self.listeners.append(Listener(self.address, f"/ws/display/{display['id']}/", (token,)))
        everything = {"type": "subscribe", "doctors": list(self.doctors.values())}
        self.console = Listener(self.address, "/ws/console/", (sign_in, everything))
        self.listeners.append(self.console)
        for listener in self.listeners:
            await listener.open()
            stack.push_async_callback(listener.close)
        self.stack = stack

    async def play(self, events: list[Event]) -> float:
        """All of them, each after the one before it of its ticket and of its queues; seconds in total."""
        latest: dict[str, asyncio.Task[None]] = {}
        began = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for event in events:
                keys = (f"ticket {event.journey.ticket}", *event.rooms)
                before = {latest[key] for key in keys if key in latest}
                task = group.create_task(self._after(before, event))
                latest.update(dict.fromkeys(keys, task))
        return time.perf_counter() - began

    async def play_before(self, board: OpenBoard, events: list[Event]) -> float:
        """One after the other, each looked at on an open board; seconds in total, with the looking."""
        connection = await self.pool.get()
        began = time.perf_counter()
        async with Connection(self.address) as public:
            for event in events:
                await getattr(self, f"_{event.kind}")(connection, event)
                views = [await public.call("GET", f"/api/queue/{doctor_id}/") for doctor_id in self.doctors.values()]
                self.looks += 1
                if wrong := await board.difference(views, PATIENCE):
                    self.differences.append(f"the board after step {self.looks}: {wrong}")
        self.pool.put_nowait(connection)
        return time.perf_counter() - began

    async def _after(self, before: set[asyncio.Task[None]], event: Event) -> None:
        for task in before:
            await asyncio.wait([task])
        connection = await self.pool.get()
        try:
            await getattr(self, f"_{event.kind}")(connection, event)
        finally:
            self.pool.put_nowait(connection)

    async def _post(self, connection: Connection, name: str, path: str, body: Any, room: str, expect: int = 200) -> Any:
        self.counts[name] += 1
        key = {"Idempotency-Key": f"{self.counts.total()}-{name}"}
        began = time.perf_counter()
        answer = await connection.call("POST", path, body, headers=key, expect=expect)
        self.taken[name].append(time.perf_counter() - began)
        self.sent.append((self.doctors[room], answer["seq"], began))
        return answer

    async def _join(self, connection: Connection, event: Event) -> None:
        number = len(self.chains)
        phone = f"+1{202 + number // 100}55501{number % 100:02}"
        walk_in = {"name": f"Visitor {event.journey.ticket}", "phone": phone, "sms_consent": True}
        body = {"doctor_id": self.doctors[event.here.room], "walk_in": walk_in}
        ticket = await self._post(connection, "join", "/api/enqueue/", body, event.here.room, 201)
        self._now_known_as(event, ticket["id"])
        listener = Listener(self.address, f"/ws/ticket/{ticket['id']}/")
        self.listeners.append(listener)
        await listener.open()
        self.stack.push_async_callback(listener.close)

    def _now_known_as(self, event: Event, ticket_id: str) -> None:
        self.tickets[event.journey.ticket] = ticket_id
        self.chains[event.journey.ticket].append(ticket_id)

    async def _call(self, connection: Connection, event: Event) -> None:
        doctor_id, ticket_id = self.doctors[event.here.room], self.tickets[event.journey.ticket]
        began = time.perf_counter()
        view = await connection.call("GET", f"/api/queue/{doctor_id}/")
        self.taken["read"].append(time.perf_counter() - began)
        if view["waiting"][0]["id"] == ticket_id:
            body = {"doctor_id": doctor_id, "current": None}
            answer = await self._post(connection, "notify-next", "/api/notify-next/", body, event.here.room)
            if answer["called"]["id"] != ticket_id:
                self.differences.append(f"{event.journey.ticket}: notify-next called another than the first in line")
        else:
            await self._post(connection, "call out of turn", f"/api/tickets/{ticket_id}/call/", {}, event.here.room)
        if event.here.ended > event.here.called:
            await self._post(connection, "start", f"/api/tickets/{ticket_id}/start/", {}, event.here.room)

    async def _end(self, connection: Connection, event: Event) -> None:
        path, room = f"/api/tickets/{self.tickets[event.journey.ticket]}", event.here.room
        if event.following is not None:
            body = {"doctor_id": self.doctors[event.following.room]}
            moved = await self._post(connection, "transfer", f"{path}/transfer/", body, room)
            self._now_known_as(event, moved["moved_to"])
        else:
            verb = {"done": "finish", "cancelled": "cancel", "left": "left"}[event.journey.end]
            await self._post(connection, verb, f"{path}/{verb}/", {}, room)

    async def compare_sockets(self) -> int:
        """Wait until the last message of every socket equals the API's answer; what does not is a difference."""
        async with Connection(self.address) as public, Connection(self.address, self.token) as staff:
            until = time.perf_counter() + PATIENCE
            for listener in self.listeners:
                while (wrong := await self._difference(listener, public, staff)) and time.perf_counter() < until:
                    await asyncio.sleep(0.02)
                if wrong:
                    self.differences.append(wrong)
                self.differences += listener.errors
        return len(self.listeners)

    async def _difference(self, listener: Listener, public: Connection, staff: Connection) -> str | None:
        kind, _, subject = listener.path.removeprefix("/ws/").rstrip("/").partition("/")
        doctors = list(self.doctors.values())
        shown: Any = listener.last.get("")
        match kind:
            case "queue":
                reader = staff if listener.signs_in else public
                truth: Any = await reader.call("GET", f"/api/queue/{subject}/")
            case "display":
                truth = [await public.call("GET", f"/api/queue/{doctor_id}/") for doctor_id in doctors]
                shown = shown and shown["queues"]
            case "console":
                truth = [await staff.call("GET", f"/api/queue/{doctor_id}/") for doctor_id in doctors]
                shown = [listener.last.get(doctor_id) for doctor_id in doctors]
            case _:
                chain = next(chain for chain in self.chains.values() if chain[0] == subject)
                truth = await public.call("GET", f"/api/tickets/{chain[-1]}/")  # a socket follows its ticket
                # The estimate moves with the clock: a socket has it anew every 30 seconds, the API at each answer.
                shown, truth = ({**ticket, "estimate": None} for ticket in (shown or {}, truth))
        return None if shown == truth else f"{listener.path}: {_first_difference(shown, truth)}"

    async def compare_tickets(self) -> None:
        """Every ticket's stages and end, as the record has them; every code once; a text for every call."""
        codes: Counter[str] = Counter()
        async with Connection(self.address, self.token) as connection:
            for journey in self.journeys:
                chain = self.chains[journey.ticket]
                found = [await connection.call("GET", f"/api/tickets/{ticket_id}/") for ticket_id in chain]
                codes[found[0]["code"]] += 1
                ends = [(ticket["doctor_id"], ticket["ended_as"] or ticket["state"]) for ticket in found]
                wanted = [(self.doctors[stage.room], "transferred") for stage in journey.stages]
                wanted[-1] = (wanted[-1][0], journey.end)
                if ends != wanted:
                    self.differences.append(f"{journey.ticket} ended as {ends}, the record says {wanted}")
            until = time.perf_counter() + PATIENCE
            calls = self.counts["notify-next"] + self.counts["call out of turn"]
            while (texts := await self._texts(connection)) != calls and time.perf_counter() < until:
                await asyncio.sleep(0.05)
        if texts != calls:
            self.differences.append(f"{calls} calls, but {texts} texts in the log")
        self.counts["your_turn"] = texts
        self.differences += [f"code {code} was given {times} times" for code, times in codes.items() if times > 1]

    async def _texts(self, connection: Connection) -> int:
        total, cursor = 0, ""
        while True:
            page = await connection.call("GET", f"/api/notifications/?kind=your_turn&limit=200{cursor}")
            total += len(page["items"])
            if page["next_cursor"] is None:
                return total
            cursor = f"&cursor={page['next_cursor']}"

    def pushes(self) -> list[float]:
        """From asking for a change to the console socket having it (or a later one), in seconds."""
        taken = []
        for doctor_id, seq, asked in self.sent:
            arrived = next((at for got, at in self.console.arrivals[doctor_id] if got >= seq), None)
            if arrived is None:
                self.differences.append(f"the console never saw seq {seq} of {doctor_id}")
            else:
                taken.append(max(0.0, arrived - asked))
        return taken


def _first_difference(shown: Any, truth: Any, where: str = "") -> str:
    """Where two views part, and what stands there."""
    if isinstance(shown, dict) and isinstance(truth, dict) and shown.keys() == truth.keys():
        name = next(name for name in truth if shown[name] != truth[name])
        return _first_difference(shown[name], truth[name], f"{where}.{name}")
    if isinstance(shown, list) and isinstance(truth, list) and len(shown) == len(truth):
        number = next(number for number, item in enumerate(truth) if shown[number] != item)
        return _first_difference(shown[number], truth[number], f"{where}[{number}]")
    return f"{where} shows {str(shown)[:300]}, the API says {str(truth)[:300]}"


async def replay(path: Path, day: str, *, kiosk: bool = False) -> list[str]:
    """Play one day; the differences found."""
    journeys = read_day(path, day)
    events = in_order(journeys)
    noon = datetime.now(UTC) + timedelta(hours=12)  # so that the service day does not change meanwhile
    async with AsyncExitStack() as stack:
        settings = {"DAY_STARTS_AT": f"{noon:%H:%M}", "CLINIC_TIMEZONE": "UTC"}
        running = await stack.enter_async_context(product(settings=settings))
        run = Replay(running.address, await signed_in(running.address), journeys)
        await run.prepare(stack)
        wall, compared, quarter = 0.0, 0, -(-len(events) // 4)
        board = None
        if kiosk:
            board = await stack.enter_async_context(OpenBoard.of(running.address, list(run.doctors.values())))
        for start in range(0, len(events), quarter):
            part = events[start : start + quarter]
            wall += await (run.play_before(board, part) if board else run.play(part))
            compared += await run.compare_sockets()
        await run.compare_tickets()
        pushes = run.pushes()
    report(run, day, wall, compared, pushes)
    return run.differences


def report(run: Replay, day: str, wall: float, compared: int, pushes: list[float]) -> None:
    """Counts and latencies."""
    ends = Counter(journey.end for journey in run.journeys)
    commands = sum(len(taken) for name, taken in run.taken.items() if name != "read")
    print(
        f"{day}: {len(run.journeys)} tickets through {len(run.doctors)} queues: "
        + ", ".join(f"{count} {end}" for end, count in sorted(ends.items()))
    )
    print(f"  {commands} commands in {wall:.2f} s, {commands / wall:.0f}/s over {CONNECTIONS} connections")
    for name, taken in sorted(run.taken.items()):
        print(f"  {name:17}{len(taken):5}  {milliseconds(taken)}")
    messages = sum(listener.messages for listener in run.listeners)
    print(f"  {'to the console':17}{len(pushes):5}  {milliseconds(pushes)}  (asked → on the socket)")
    print(f"  {len(run.listeners)} sockets, {messages} messages, {compared} comparisons with the API")
    if run.looks:
        print(f"  an open board in Chromium, looked at after each of {run.looks} steps")
    print(f"  {run.counts['your_turn']} texts for {run.counts['notify-next'] + run.counts['call out of turn']} calls")
    for difference in run.differences:
        print(f"  DIFFERS: {difference}")


def main() -> int:
    """0 if the product agrees with the record."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("record", type=Path)
    parser.add_argument("--day", help="YYYY-MM-DD; otherwise the busiest")
    parser.add_argument("--all", action="store_true", help="every day of the record, each on a new server")
    parser.add_argument("--kiosk", action="store_true", help="with an open board in Chromium, compared after each step")
    options = parser.parse_args()
    days = [options.day or busiest_day(options.record)]
    if options.all:
        with options.record.open(encoding="utf-8", newline="") as file:
            days = sorted({row["day"] for row in csv.DictReader(file)})
    differences = sum(len(asyncio.run(replay(options.record, day, kiosk=options.kiosk))) for day in days)
    print(f"{differences} differences")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
