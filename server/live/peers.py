"""The hub's records: a socket and its slots, a topic and its watchers, and one published state.

Pure data without behaviour of its own; `dispatch.py` writes to the sockets and `hub.py` decides who is who.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from typing import Protocol

from server.live import messages
from server.live.messages import CloseCode


class SocketClosed(Exception):
    """Raised by a socket that can no longer be written to."""


class Socket(Protocol):
    """What the hub needs of a connection; `handlers/live.py` is the real one."""

    def write_frame(self, frame: bytes) -> asyncio.Future[None]:
        """Start writing one whole frame. The future is done once the operating system has all of it.

        Raises SocketClosed, or sets any exception on the future, when the connection has ended.
        """
        ...

    def close(self, code: CloseCode, reason: str) -> None:
        """Begin the closing handshake. Never raises."""
        ...


class Publication:
    """One state of a topic; encoded when the first reader asks, and then shared by all of them."""

    __slots__ = ("_encode", "_frame", "_text", "at", "seq")

    def __init__(self, seq: int, at: str, encode: Callable[[], str]) -> None:
        self.seq = seq
        self.at = at
        self._encode: Callable[[], str] | None = encode
        self._text = ""
        self._frame = b""

    @property
    def text(self) -> str:
        """The whole message as JSON text."""
        if self._encode is not None:
            self._text, self._encode = self._encode(), None
        return self._text

    @property
    def frame(self) -> bytes:
        """The message as the bytes every socket is sent."""
        if not self._frame:
            self._frame = messages.frame(self.text)
        return self._frame


Listener = Callable[[Publication], None]


class Topic:
    """A view that somebody watches, and its latest state (None until it is first published or sent)."""

    __slots__ = ("latest", "listeners", "name", "peers", "round")

    def __init__(self, name: str) -> None:
        self.name = name
        self.latest: Publication | None = None
        self.peers: dict[Peer, None] = {}
        self.listeners: tuple[Listener, ...] = ()
        self.round: Round | None = None


class Peer:
    """One connected socket: what it watches, and what waits until its write in flight completes.

    `behind` names topics, not states: when its turn comes it is sent the latest. `note` is the one
    waiting message that belongs to no topic. `account_id` and `session` are whose it is, once it has signed in.
    """

    __slots__ = ("account_id", "behind", "kind", "limit", "note", "session", "since", "socket", "topics", "writing")

    def __init__(self, socket: Socket, kind: str) -> None:
        self.socket = socket
        self.kind = kind
        self.topics: list[Topic] = []
        self.writing: asyncio.Future[None] | None = None
        self.since = 0.0
        self.behind: dict[Topic, None] | None = None
        self.note: bytes | None = None
        self.limit: tuple[float, str] | None = None
        self.account_id = ""
        self.session = ""

    @property
    def seq(self) -> int:
        """The greatest `seq` of what it watches; 0 before the first snapshot."""
        return max((topic.latest.seq for topic in self.topics if topic.latest is not None), default=0)

    @property
    def current(self) -> bool:
        """Whether the socket was handed the latest of everything it watches."""
        return (
            self.writing is None
            and not self.behind
            and not any(topic.round is not None and self in topic.round.due for topic in self.topics)
        )


class Round:
    """One pass over peers that are due to be told something; a peer added while it runs comes last."""

    __slots__ = ("deliver", "due", "topic")

    def __init__(self, deliver: Callable[[Peer], None], topic: Topic | None = None) -> None:
        self.deliver = deliver
        self.due: OrderedDict[Peer, None] = OrderedDict()
        self.topic = topic
