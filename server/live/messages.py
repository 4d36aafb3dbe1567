"""Everything the server says over a WebSocket: topic names, message texts, frames and close codes (DESIGN: WebSocket).

Pure. Views arrive already encoded and are only wrapped, never encoded again; a board is put together
from the messages of its queues. Nothing here knows who is connected.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from enum import IntEnum
from typing import Any, Final, Protocol

from server.encoding import encode

DESK: Final = "desk"


class CloseCode(IntEnum):
    """Why the server ended a socket; 1012 and 1013 are the registered "service restart" and "try again later"."""

    RESTARTING = 1012
    TRY_LATER = 1013
    NOT_SIGNED_IN = 4401
    NOT_ALLOWED = 4403
    NOT_FOUND = 4404


class View(Protocol):
    """An encoded view: what the world sees of a queue or a ticket at one `(seq, at)`; `body` is JSON text."""

    @property
    def seq(self) -> int: ...
    @property
    def at(self) -> str: ...
    @property
    def body(self) -> str: ...


def queue_topic(doctor_id: str, *, staff: bool) -> str:
    """The full view for staff, or the public one without personal data."""
    return f"queue:{doctor_id}:{'staff' if staff else 'public'}"


def ticket_topic(ticket_id: str) -> str:
    """The public view of one ticket, for whoever holds its id."""
    return f"ticket:{ticket_id}"


def board_topic(display_id: str) -> str:
    """The board of one display: the public views of its doctors in one message."""
    return f"board:{display_id}"


def queue(doctor_id: str, view: View) -> str:
    """One queue's snapshot; the same text goes to the queue's own sockets and to the console's."""
    return f'{{"type":"queue","doctor_id":{encode(doctor_id)},"seq":{view.seq},"at":"{view.at}","data":{view.body}}}'


def ticket(view: View) -> str:
    """One ticket's snapshot."""
    return f'{{"type":"ticket","seq":{view.seq},"at":"{view.at}","data":{view.body}}}'


def board(data: Mapping[str, Any], seq: int, seqs: Mapping[str, int], at: str, queues: list[str]) -> str:
    """One display's snapshot: `data` and the `queue` messages of its doctors, in the display's order.

    `seq` is at least the greatest of `seqs`; a client that must know whether one queue moved compares `seqs`.
    """
    views = ",".join(data_of(message) for message in queues)
    first = encode(data).removesuffix("}")
    return f'{{"type":"board","seq":{seq},"at":"{at}","seqs":{encode(seqs)},"data":{first},"queues":[{views}]}}}}'


def desk(seq: int, at: str, changed: Mapping[str, int]) -> str:
    """When each list a console shows beside the queues last changed, as a number that only rises."""
    return f'{{"type":"desk","seq":{seq},"at":"{at}","data":{encode(changed)}}}'


def heartbeat(seq: int, at: str) -> str:
    """A sign of life that repeats the newest `seq` the socket was sent; `at` is the server's time."""
    return f'{{"type":"heartbeat","seq":{seq},"at":"{at}"}}'


def error(code: str, detail: str) -> str:
    """Why a message from the client was not followed."""
    return encode({"type": "error", "code": code, "detail": detail})


def data_of(message: str) -> str:
    """The view inside a message made by `queue`: `data` is its last member, and none before it holds a `data`."""
    return message[message.index(',"data":') + len(',"data":') : -1]


def frame(text: str) -> bytes:
    """`text` as one unmasked, unfragmented WebSocket text frame (RFC 6455, 5.2).

    A server's frames carry no mask, so one frame serves every socket.
    """
    payload = text.encode()
    size = len(payload)
    if size < 126:
        return struct.pack("!BB", 0x81, size) + payload
    if size < 1 << 16:
        return struct.pack("!BBH", 0x81, 126, size) + payload
    return struct.pack("!BBQ", 0x81, 127, size) + payload
