"""Whatever staff and patients do in whatever order, a queue keeps its promises."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import bson
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from server.errors import DomainError
from server.queue import commands, documents, policy, views
from server.queue.model import ENDED, Priority, Source, State
from server.queue.transition import TABLE
from tests.unit.queue.bench import DESK, PATIENT, RAO, Bench, empty_day, fresh_id, patient

ON_TICKET: list[type[commands.TicketCommand]] = [
    commands.CallTicket,
    commands.Recall,
    commands.Start,
    commands.Finish,
    commands.NoShow,
    commands.PutBack,
    commands.Rejoin,
    commands.Late,
    commands.Hold,
    commands.Resume,
    commands.Cancel,
    commands.Left,
]


class Day(RuleBasedStateMachine):
    """One team with two rooms, from its first patient to the end of the day."""

    @initialize(rooms=st.sampled_from([("Room 3",), ("Room 3", "Room 5")]))
    def open_up(self, rooms: tuple[str, ...]) -> None:
        self.bench = Bench(empty_day(rooms=rooms))
        self.rooms = rooms
        self.codes: dict[str, str] = {}
        self.archived: set[str] = set()
        self.patients = [patient() for _ in range(6)]
        self.seq = 0

    def attempt(self, kind: type[commands.Command], **fields: object) -> bool:
        """Do it if the rules let it be done; a refusal leaves the very same day."""
        before = self.bench.day
        try:
            self.bench.do(kind, **fields)  # type: ignore[arg-type]
        except DomainError:
            assert self.bench.day is before
            return False
        return True

    def some_ticket(self, pick: int) -> str:
        ids = list(self.bench.day.tickets)
        return ids[pick % len(ids)]

    @rule(seconds=st.integers(0, 1500))
    def time_passes(self, seconds: int) -> None:
        self.bench.later(seconds=seconds)

    @rule(
        who=st.integers(0, 5),
        priority=st.sampled_from(Priority),
        due=st.none() | st.integers(-40, 40),
    )
    def join(self, who: int, priority: Priority, due: int | None) -> None:
        now = self.bench.now
        self.attempt(
            commands.Join,
            ticket_id=fresh_id("ticket"),
            patient=self.patients[who],
            priority=priority,
            source=Source.WALK_IN if due is None else Source.APPOINTMENT,
            due_at=None if due is None else now + timedelta(minutes=due),
        )

    @rule(room=st.integers(0, 1), no_show=st.booleans(), who=st.sampled_from([RAO, DESK]))
    def call_next(self, room: int, no_show: bool, who: object) -> None:
        before = self.bench.day
        chosen = self.rooms[room % len(self.rooms)]
        if self.attempt(commands.CallNext, room=chosen, no_show=no_show, actor=who):
            called = self.bench.last.done.outcome["called"]  # type: ignore[union-attr]
            expected = policy.waiting(policy.promoted(before, max(self.bench.now, before.updated_at)))
            assert called == (expected[0].id if expected else None)

    @precondition(lambda self: self.bench.day.tickets)
    @rule(kind=st.sampled_from(ON_TICKET), pick=st.integers(0, 50), who=st.sampled_from([RAO, DESK, PATIENT]))
    def command_a_ticket(self, kind: type[commands.TicketCommand], pick: int, who: object) -> None:
        id = self.some_ticket(pick)
        state = self.bench.day.tickets[id].state
        done = self.attempt(kind, ticket_id=id, actor=who)
        if done:
            assert state in TABLE[kind.name]

    @rule(pick=st.integers(0, 50), room=st.integers(0, 1))
    def call_somebody_waiting(self, pick: int, room: int) -> None:
        waiting = policy.waiting(self.bench.day)
        chosen = self.rooms[room % len(self.rooms)]
        if waiting:
            free = self.bench.day.occupant(chosen) is None
            ticket = waiting[pick % len(waiting)]
            assert self.attempt(commands.CallTicket, ticket_id=ticket.id, room=chosen) == free

    @precondition(lambda self: self.bench.day.tickets)
    @rule(pick=st.integers(0, 50), after=st.integers(0, 4))
    def put_somewhere(self, pick: int, after: int) -> None:
        id = self.some_ticket(pick)
        if self.attempt(commands.Move, ticket_id=id, after=after):
            order = [ticket.id for ticket in policy.waiting(self.bench.day)]
            assert order.index(id) == min(after, len(order) - 1)

    @precondition(lambda self: self.bench.day.tickets)
    @rule(pick=st.integers(0, 50), other=st.integers(0, 50))
    def put_behind(self, pick: int, other: int) -> None:
        id, behind = self.some_ticket(pick), self.some_ticket(other)
        if self.attempt(commands.Move, ticket_id=id, behind=behind):
            order = [ticket.id for ticket in policy.waiting(self.bench.day)]
            assert order.index(id) == order.index(behind) + 1

    @precondition(lambda self: self.bench.day.tickets)
    @rule(pick=st.integers(0, 50), priority=st.sampled_from(Priority))
    def set_priority(self, pick: int, priority: Priority) -> None:
        self.attempt(commands.SetPriority, ticket_id=self.some_ticket(pick), priority=priority)

    @precondition(lambda self: self.bench.day.tickets)
    @rule(pick=st.integers(0, 50), comes_back=st.booleans())
    def transfer(self, pick: int, comes_back: bool) -> None:
        id = self.some_ticket(pick)
        before = policy.promoted(self.bench.day, self.bench.now).tickets[id]  # ageing comes first in every command
        new_id = fresh_id("ticket")
        if not self.attempt(commands.Transfer, ticket_id=id, to_doctor_id="other", new_ticket_id=new_id):
            return
        if comes_back:
            self.bench.do(commands.ReturnTransfer, ticket_id=id, reason="refused")
            after = self.bench.day.tickets[id]
            assert after.state == before.state
            assert policy.key(after, self.bench.day.policy) == policy.key(before, self.bench.day.policy)
        else:
            effect = next(e for e in reversed(self.bench.day.effects) if e.kind == "accept")
            self.attempt(commands.Accept, day=self.bench.day.day, ticket_id=new_id, ticket=effect.data["ticket"])
            accepted = self.bench.day.tickets.get(new_id)
            if accepted is not None:
                self.codes[new_id] = accepted.code
                assert (accepted.code, accepted.arrived_at) == (before.code, before.arrived_at)

    @rule(which=st.sampled_from([commands.PauseQueue, commands.OpenQueue, commands.CloseQueue, commands.CancelAll]))
    def command_the_queue(self, which: type[commands.Command]) -> None:
        self.attempt(which)

    @rule()
    def rename_a_room(self) -> None:
        old = self.bench.day.doctor
        self.rooms = (f"{self.rooms[0]}b", *self.rooms[1:])
        doctor = replace(old, room=self.rooms[0], rooms=self.rooms)
        self.bench.do(commands.ChangeDoctor, doctor=doctor, policy=self.bench.day.policy)

    @rule()
    def undo(self) -> None:
        remembered = self.bench.day.undo
        if self.attempt(commands.UndoLast):
            assert remembered is not None
            for before in remembered.tickets:
                after = self.bench.day.tickets[before.id]
                assert after.steps == before.steps
                assert after.place == before.place

    @rule(repeat=st.integers(0, 20))
    def repeat_an_old_command(self, repeat: int) -> None:
        known = list(self.bench.day.commands.values())
        if known:
            old = known[repeat % len(known)]
            day = self.bench.day
            applied = self.bench.do(commands.Promote, id=old.id)
            assert applied.replayed
            assert applied.done == old
            assert self.bench.day is day

    @rule()
    def archive(self) -> None:
        """What the sweep does once the undo window is over."""
        now = max(self.bench.now, self.bench.day.updated_at)
        over = {
            ticket.id
            for ticket in self.bench.day.tickets.values()
            if ticket.ended_at and now - ticket.ended_at > timedelta(minutes=2)
        }
        carried = frozenset(effect.number for effect in self.bench.day.effects)
        seq = self.bench.day.seq
        self.bench.do(commands.Tidy, effects=carried, archived=frozenset(over))
        self.archived |= over
        assert self.bench.day.seq == seq
        assert not self.bench.day.effects

    @rule()
    def write_and_read(self) -> None:
        """The document says everything: read back from BSON the day is the same."""
        written = bson.encode(documents.day_document(self.bench.day, documents.DayDocuments()))
        options: bson.CodecOptions[Mapping[str, Any]] = bson.CodecOptions(tz_aware=True)
        assert documents.day_from(bson.decode(written, options)) == self.bench.day

    @invariant()
    def each_code_once_and_nothing_lost(self) -> None:
        day = self.bench.day
        for id, ticket in day.tickets.items():
            assert self.codes.setdefault(id, ticket.code) == ticket.code
        assert set(self.codes) == set(day.tickets) | self.archived
        own = Counter(ticket.code for ticket in day.tickets.values() if ticket.source is not Source.TRANSFER)
        assert all(times == 1 for times in own.values())
        serials = Counter(ticket.serial for ticket in day.tickets.values())
        assert all(times == 1 for times in serials.values())

    @invariant()
    def one_ticket_a_room_and_one_place_a_patient(self) -> None:
        day = self.bench.day
        busy = Counter(t.room for t in day.in_state(State.CALLED, State.IN_ROOM))
        assert all(times == 1 for times in busy.values())
        assert busy.keys() <= set(day.doctor.rooms)
        open_states = (State.WAITING, State.CALLED, State.IN_ROOM, State.ON_HOLD)
        people = Counter(t.patient.id for t in day.in_state(*open_states))
        assert all(times == 1 for times in people.values())

    @invariant()
    def steps_join_up(self) -> None:
        for ticket in self.bench.day.tickets.values():
            for earlier, later in pairwise(ticket.steps):
                assert earlier.end is not None
                assert earlier.start <= earlier.end <= later.start
            assert ticket.last.end is None

    @invariant()
    def the_order_is_the_policys(self) -> None:
        day = self.bench.day
        order = policy.waiting(day)
        keys = [policy.key(ticket, day.policy) for ticket in order]
        assert all(a < b for a, b in pairwise(keys)), "a total order without ties"
        scene = views.Scene.of(day, max(self.bench.now, day.updated_at), views.Around("https://clinic.example"))
        view = views.queue_view(scene, staff=True)
        assert [ticket["id"] for ticket in view["waiting"]] == [ticket.id for ticket in order]
        assert [ticket["position"] for ticket in view["waiting"]] == list(range(1, len(order) + 1))
        earliest = [ticket["estimate"]["to"] for ticket in view["waiting"] if ticket["estimate"]]
        assert earliest == sorted(earliest)

    @invariant()
    def places_stay_short(self) -> None:
        for ticket in self.bench.day.tickets.values():
            assert ticket.place is None or len(ticket.place.path) <= policy.LONGEST_PATH + 1

    @invariant()
    def what_the_world_sees_never_goes_back(self) -> None:
        assert self.bench.day.seq >= self.seq
        self.seq = self.bench.day.seq

    def teardown(self) -> None:
        if not hasattr(self, "bench"):
            return
        self.bench.do(commands.FinishDay)
        assert all(ticket.state in ENDED for ticket in self.bench.day.tickets.values())
        assert not self.attempt(commands.Join, ticket_id="late", patient=self.patients[0])


Day.TestCase.settings = settings(max_examples=150, stateful_step_count=50, deadline=None)
TestDay = Day.TestCase
