"""Writing to sockets: rounds in slices of the loop, one write in flight per socket, latest-wins slots behind it.

A round over thousands of sockets gives the loop back every few milliseconds, so requests are answered in
between; a state published again during a round is what its remaining sockets get. A write that the
operating system takes at once costs nothing more; one that does not is watched by a done-callback.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections import deque
from collections.abc import Callable
from functools import partial

from server.live.peers import Peer, Round, SocketClosed, Topic

SLICE_SECONDS = 0.002
# After a change that overtook a running round more are likely to come at once: what is written now is soon old.
HURRIED_SECONDS = 0.0002
WRITES_PER_LOOK = 16


class Dispatch:
    """Hands frames to sockets. `lost` is called with a peer whose connection turned out to have ended."""

    def __init__(self, monotonic: Callable[[], float], lost: Callable[[Peer], None]) -> None:
        self._monotonic = monotonic
        self._lost = lost
        self._rounds: deque[Round] = deque()
        self._handle: asyncio.Handle | None = None
        self._busy: dict[Peer, None] = {}
        self._overtaken = False
        # Callbacks run outside the request whose change set them off: its log fields are not theirs.
        self._context = contextvars.Context()
        self.written = 0
        self.merged = 0

    def publish(self, topic: Topic) -> None:
        """Tell all of the topic's peers its latest state, from the loop's next turn on."""
        if topic.round is not None:
            self._overtaken = True
        else:
            topic.round = Round(partial(self.offer, topic=topic), topic)
            self.plan(topic.round)
        self.merged += len(topic.round.due)
        topic.round.due.update(topic.peers)

    def plan(self, round: Round) -> None:
        """Run the round, in slices, beside those that are running."""
        self._rounds.append(round)
        if self._handle is None:
            self._continue()

    def offer(self, peer: Peer, topic: Topic) -> None:
        """Send the peer the topic's latest state now, or as soon as its write in flight has completed."""
        if peer.writing is not None:
            if peer.behind is None:
                peer.behind = {}
            self.merged += topic in peer.behind
            peer.behind[topic] = None
        elif topic.latest is not None:
            self.write(peer, topic.latest.frame)

    def write(self, peer: Peer, frame: bytes) -> None:
        """Write to a peer that has no write in flight."""
        try:
            future = peer.socket.write_frame(frame)
        except SocketClosed:
            self._lost(peer)
            return
        self.written += 1
        if future.done():
            if future.cancelled() or future.exception() is not None:
                self._lost(peer)
            return
        peer.writing = future
        peer.since = self._monotonic()
        self._busy[peer] = None
        future.add_done_callback(partial(self._completed, peer), context=self._context)

    def note(self, peer: Peer, frame: bytes) -> None:
        """Write a frame of no topic; while a write is in flight the latest such frame waits."""
        if peer.writing is None:
            self.write(peer, frame)
        else:
            peer.note = frame

    def stuck(self, before: float) -> list[Peer]:
        """Peers whose write in flight began at or before that monotonic instant."""
        return [peer for peer in self._busy if peer.since <= before]

    def forget(self, peer: Peer) -> None:
        """Write nothing more to this peer."""
        self._busy.pop(peer, None)
        peer.behind = peer.note = None
        for topic in peer.topics:
            self.withdraw(peer, topic)

    def withdraw(self, peer: Peer, topic: Topic) -> None:
        """Take back what the peer was still to be told of the topic."""
        if topic.round is not None:
            topic.round.due.pop(peer, None)
        if peer.behind:
            peer.behind.pop(topic, None)

    def stop(self) -> None:
        """Drop every round that is running."""
        self._rounds.clear()

    def _continue(self) -> None:
        self._handle = asyncio.get_running_loop().call_soon(self._run, context=self._context)

    def _run(self) -> None:
        self._handle = None
        ends = self._monotonic() + (HURRIED_SECONDS if self._overtaken else SLICE_SECONDS)
        self._overtaken = False
        try:
            while self._rounds:
                self._turn(ends)
                if self._monotonic() >= ends:
                    break
        finally:
            if self._rounds:
                self._continue()

    def _turn(self, ends: float) -> None:
        """Serve the first round until it or the slice is over. A round that cannot be encoded ends with its error."""
        round = self._rounds.popleft()
        over = True
        try:
            over = self._deliver(round, ends)
        finally:
            if not over:
                self._rounds.append(round)
            elif round.topic is not None:
                round.topic.round = None

    def _deliver(self, round: Round, ends: float) -> bool:
        due, deliver, looks = round.due, round.deliver, 0
        while due:
            deliver(due.popitem(last=False)[0])
            looks += 1
            if looks % WRITES_PER_LOOK == 0 and self._monotonic() >= ends:
                break
        return not due

    def _completed(self, peer: Peer, future: asyncio.Future[None]) -> None:
        failed = future.cancelled() or future.exception() is not None
        if peer not in self._busy:
            return
        del self._busy[peer]
        peer.writing = None
        if failed:
            self._lost(peer)
            return
        while peer.behind and peer.writing is None:
            topic = next(iter(peer.behind))
            del peer.behind[topic]
            self.offer(peer, topic)
        if peer.note is not None and peer.writing is None:
            frame, peer.note = peer.note, None
            self.write(peer, frame)
