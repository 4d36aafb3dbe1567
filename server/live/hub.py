"""Who is connected and who watches what; the one fan-out point of a process (DESIGN: WebSocket).

A change is published once, encoded at most once and offered to every watcher. A slow phone skips states,
costs no memory and delays nobody. There is no task and no timer per socket: one timer sweeps for stuck
sockets and sign-ins that have run out, and sends the heartbeats.

Knows nothing of Tornado, storage or what a view means. How frames reach sockets is `dispatch.py`'s.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from server.clock import Clock, iso
from server.live import messages
from server.live.dispatch import Dispatch
from server.live.messages import CloseCode
from server.live.peers import Listener, Peer, Publication, Round, Socket, Topic

log = logging.getLogger(__name__)

STUCK_SECONDS = 2.0
SWEEP_SECONDS = 0.5
HEARTBEAT_SECONDS = 15.0
# The kinds of sockets that watch many topics and may lose one.
_MANY = frozenset({"console"})


@dataclass(frozen=True, slots=True)
class HubCounts:
    """What `/metrics` shows: open sockets by kind, watched topics, and totals since the start.

    `merged` counts states that a socket never saw because a newer one took their place; `stuck` counts
    sockets dropped because a write did not complete in time.
    """

    sockets: dict[str, int]
    topics: int
    published: int
    written: int
    merged: int
    stuck: int


class Hub:
    """Every method runs on the event loop; only `close` waits."""

    def __init__(self, clock: Clock, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._monotonic = monotonic
        self._dispatch = Dispatch(monotonic, self._forget)
        self._peers: dict[Socket, Peer] = {}
        self._topics: dict[str, Topic] = {}
        self._limited: dict[Peer, None] = {}
        self._leaving: set[Socket] = set()
        self._all_gone = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._next_beat = 0.0
        self._closing = False
        self._published = 0
        self._stuck = 0

    def start(self) -> None:
        """Start the timer, on the running loop."""
        self._next_beat = self._monotonic() + HEARTBEAT_SECONDS
        self._timer = asyncio.get_running_loop().call_later(SWEEP_SECONDS, self._tick)

    async def close(self, patience: float = 2.0) -> None:
        """Send every socket away with 1012 and wait at most `patience` seconds until they have gone."""
        self._closing = True
        if self._timer is not None:
            self._timer.cancel()
        for peer in list(self._peers.values()):
            self._dismiss(peer, CloseCode.RESTARTING, "restarting")
        self._dispatch.stop()
        if not self._leaving:
            return
        try:
            async with asyncio.timeout(patience):
                await self._all_gone.wait()
        except TimeoutError:
            log.info("%d sockets did not answer the closing handshake", len(self._leaving))

    def connect(self, socket: Socket, kind: str) -> bool:
        """Take in a new socket of a kind such as "queue". Once the hub is closing it is refused with 1012: False."""
        if self._closing:
            socket.close(CloseCode.RESTARTING, "restarting")
            return False
        self._peers[socket] = Peer(socket, kind)
        return True

    def dismiss(self, socket: Socket, code: CloseCode, reason: str) -> None:
        """Forget the socket now and tell it why; the connection itself may take seconds to end."""
        if peer := self._peers.get(socket):
            self._dismiss(peer, code, reason)

    def gone(self, socket: Socket) -> None:
        """The connection has ended, whoever ended it."""
        if peer := self._peers.get(socket):
            self._forget(peer)
        self._leaving.discard(socket)
        if not self._leaving:
            self._all_gone.set()

    def limit(self, socket: Socket, seconds: float | None, reason: str = "") -> None:
        """Close the socket with 4401 and `reason` in `seconds` from now; None lifts the limit."""
        if peer := self._peers.get(socket):
            self._limited.pop(peer, None)
            if seconds is not None:
                peer.limit = (self._monotonic() + seconds, reason)
                self._limited[peer] = None

    def signed_in(self, socket: Socket, account_id: str, session: str) -> None:
        """The socket speaks for this account from now on, as long as the session lasts."""
        if peer := self._peers.get(socket):
            peer.account_id, peer.session = account_id, session

    def end_sessions(self, *, account_id: str = "", session: str = "") -> None:
        """Send away with 4401 who signed in with that session, or with any of the account."""
        for peer in list(self._peers.values()):
            if (account_id and peer.account_id == account_id) or (session and peer.session == session):
                self._dismiss(peer, CloseCode.NOT_SIGNED_IN, "not_signed_in")

    def subscribe(self, socket: Socket, topic: str) -> None:
        """From now on every publication of `topic` reaches the socket; `send` its first snapshot next."""
        if peer := self._peers.get(socket):
            entry = self._topic(topic)
            if peer not in entry.peers:
                entry.peers[peer] = None
                peer.topics.append(entry)

    def unsubscribe(self, socket: Socket, topic: str) -> None:
        """No publication of `topic` reaches the socket any more, not even one that is waiting."""
        peer, entry = self._peers.get(socket), self._topics.get(topic)
        if peer is not None and entry is not None and peer in entry.peers:
            self._dispatch.withdraw(peer, entry)
            self._leave(peer, entry)
            peer.topics.remove(entry)

    def topics(self, socket: Socket) -> list[str]:
        """What the socket is subscribed to."""
        peer = self._peers.get(socket)
        return [entry.name for entry in peer.topics] if peer else []

    def follow(self, topic: str, successor: str) -> None:
        """Whoever watches `topic` watches `successor` too: a transferred ticket's page goes with it."""
        if entry := self._topics.get(topic):
            for peer in list(entry.peers):
                self.subscribe(peer.socket, successor)

    def listen(self, topic: str, listener: Listener) -> None:
        """Call `listener` with each publication of `topic` as it is made; it must neither wait nor raise."""
        self._topic(topic).listeners += (listener,)

    def unlisten(self, topic: str, listener: Listener) -> None:
        """The opposite of `listen`."""
        entry = self._topics[topic]
        entry.listeners = tuple(other for other in entry.listeners if other != listener)
        self._let_go(entry)

    def watched(self, topic: str) -> bool:
        """Whether a publication of `topic` would reach anybody."""
        return topic in self._topics

    def end(self, topic: str, code: CloseCode, reason: str) -> None:
        """Send everybody who watches `topic` away: what it showed is no more.

        A console shows many queues: it is told, and keeps the others.
        """
        if entry := self._topics.get(topic):
            for peer in list(entry.peers):
                if peer.kind in _MANY:
                    self.unsubscribe(peer.socket, topic)
                    self.tell(peer.socket, messages.error("not_found", reason))
                else:
                    self._dismiss(peer, code, reason)

    def publish(self, topic: str, seq: int, at: str, encode: Callable[[], str]) -> None:
        """A new state of `topic`; `encode` gives the whole message and is called at most once, if anybody is told.

        Sockets are written to from the loop's next turn on, so the publisher's own answer goes first; a state
        published before a socket's turn has come takes the place of the older one.
        """
        entry = self._topics.get(topic)
        if entry is None:
            return
        self._published += 1
        entry.latest = Publication(seq, at, encode)
        for listener in entry.listeners:
            listener(entry.latest)
        if entry.peers:
            self._dispatch.publish(entry)

    def send(self, socket: Socket, topic: str, seq: int, at: str, encode: Callable[[], str]) -> None:
        """The first snapshot for a socket that has subscribed to `topic`, or the latest published if that is newer.

        Sockets that open on the same state share one encoded message.
        """
        peer, entry = self._peers.get(socket), self._topics.get(topic)
        if peer is None or entry is None or peer not in entry.peers:
            return
        if entry.latest is None or (entry.latest.seq, entry.latest.at) < (seq, at):
            entry.latest = Publication(seq, at, encode)
        self._dispatch.withdraw(peer, entry)
        self._dispatch.offer(peer, entry)

    def tell(self, socket: Socket, text: str) -> None:
        """A message for this socket alone, such as an error; while a write is in flight only the latest one waits."""
        if peer := self._peers.get(socket):
            self._dispatch.note(peer, messages.frame(text))

    def sweep(self) -> None:
        """Drop sockets whose write has not completed for 2 s, and those whose sign-in has run out."""
        now = self._monotonic()
        for peer in self._dispatch.stuck(now - STUCK_SECONDS):
            self._stuck += 1
            self._dismiss(peer, CloseCode.TRY_LATER, "too slow")
        for peer in [peer for peer in self._limited if peer.limit is not None and peer.limit[0] <= now]:
            self._dismiss(peer, CloseCode.NOT_SIGNED_IN, peer.limit[1] if peer.limit else "")

    def beat(self) -> None:
        """Send a heartbeat to every socket that is not about to be sent something else."""
        at = iso(self._clock.now())
        frames: dict[int, bytes] = {}

        def deliver(peer: Peer) -> None:
            if not peer.current:
                return
            seq = peer.seq
            if seq not in frames:
                frames[seq] = messages.frame(messages.heartbeat(seq, at))
            self._dispatch.write(peer, frames[seq])

        beats = Round(deliver)
        beats.due.update(dict.fromkeys(self._peers.values()))
        self._dispatch.plan(beats)

    def counts(self) -> HubCounts:
        """The hub's figures at this moment."""
        sockets = dict(Counter(peer.kind for peer in self._peers.values()))
        written, merged = self._dispatch.written, self._dispatch.merged
        return HubCounts(sockets, len(self._topics), self._published, written, merged, self._stuck)

    def _tick(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(SWEEP_SECONDS, self._tick)
        self.sweep()
        if self._monotonic() >= self._next_beat:
            self._next_beat = self._monotonic() + HEARTBEAT_SECONDS
            self.beat()

    def _dismiss(self, peer: Peer, code: CloseCode, reason: str) -> None:
        self._forget(peer)
        self._leaving.add(peer.socket)
        self._all_gone.clear()
        peer.socket.close(code, reason)

    def _forget(self, peer: Peer) -> None:
        """Remove every trace of a peer at once; its connection may still be ending."""
        if self._peers.pop(peer.socket, None) is None:
            return
        self._limited.pop(peer, None)
        self._dispatch.forget(peer)
        for entry in peer.topics:
            self._leave(peer, entry)
        peer.topics.clear()

    def _topic(self, name: str) -> Topic:
        entry = self._topics.get(name)
        if entry is None:
            entry = self._topics[name] = Topic(name)
        return entry

    def _leave(self, peer: Peer, entry: Topic) -> None:
        del entry.peers[peer]
        self._let_go(entry)

    def _let_go(self, entry: Topic) -> None:
        if not entry.peers and not entry.listeners:
            self._topics.pop(entry.name, None)
