"""A run of an import as one process carries it out: what its rows so far have named. Pure."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from server.imports.model import Import, ImportState
from server.imports.rows import Person
from server.patients.likeness import births_differ, contradict


class Run:
    """`again`: the chunk in hand may have been done before a crash."""

    def __init__(self, item: Import) -> None:
        self.item = item
        self.width = len(item.columns)
        self.again = True
        self._times: set[str] = set()
        self._people: defaultdict[str, list[Person]] = defaultdict(list)

    def has_seen(self, time: str) -> bool:
        """Whether a row before wanted this time; from now on one did."""
        found = time in self._times
        self._times.add(time)
        return found

    def has_met(self, person: Person) -> bool:
        """Whether a row before was about this person; from now on one was."""
        found = any(
            not births_differ(one.date_of_birth, person.date_of_birth)
            for key in person.keys
            for one in self._people[key]
        )
        for key in person.keys:
            if person not in self._people[key]:
                self._people[key].append(person)
        return found

    def belies(self, person: Person) -> bool:
        """Whether a row before gave this one's number to somebody else."""
        return any(contradict(one, person) for one in self._people[person.id])

    def made(self, created_at: datetime) -> bool:
        """Whether this run made it before it was cut off: its id comes from the row."""
        running = self.item.state is ImportState.RUNNING and self.again
        return running and self.item.started_at is not None and created_at >= self.item.started_at
