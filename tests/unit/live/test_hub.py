"""The hub's promises: encoded once, latest wins, order kept, the slow and the dead let go, nothing left behind."""

from __future__ import annotations

import asyncio
import weakref

import pytest

from server.live import dispatch, messages
from server.live.messages import CloseCode
from server.live.peers import Publication
from tests.unit.live.support import AT, FakeSocket, Turning, connected, hub_of, on_loop, publish, settled, text_of


@on_loop
async def test_a_change_is_encoded_once_and_every_socket_gets_the_same_bytes() -> None:
    hub, encoded = hub_of(), []
    sockets = [connected(hub, "queue") for _ in range(50)]
    hub.publish("queue", 1, AT, lambda: encoded.append(1) or "one")  # type: ignore[func-returns-value]
    await settled()
    assert encoded == [1]
    assert {id(socket.frames[0]) for socket in sockets} == {id(sockets[0].frames[0])}
    assert sockets[0].texts == ["one"]


@on_loop
async def test_nobody_watching_means_nothing_is_encoded() -> None:
    hub = hub_of()
    assert not hub.watched("queue")
    hub.publish("queue", 1, AT, lambda: pytest.fail("encoded for nobody"))
    await settled()


@on_loop
async def test_the_publisher_goes_on_before_any_socket_is_written_to() -> None:
    hub = hub_of()
    socket = connected(hub, "queue")
    publish(hub, "queue", 1)
    assert socket.frames == []
    await settled()
    assert len(socket.frames) == 1


@on_loop
async def test_changes_within_one_turn_merge_into_the_last() -> None:
    hub = hub_of()
    sockets = [connected(hub, "queue") for _ in range(5)]
    for seq in range(1, 51):
        hub.publish("queue", seq, AT, lambda seq=seq: pytest.fail("old") if seq < 50 else "last")  # type: ignore[misc]
    await settled()
    assert [socket.texts for socket in sockets] == [["last"]] * 5
    assert hub.counts().merged == 5 * 49


@on_loop
async def test_a_slow_socket_skips_states_and_delays_nobody() -> None:
    hub = hub_of()
    slow, quick = connected(hub, "queue", slow=True), connected(hub, "queue")
    for seq in range(1, 11):
        publish(hub, "queue", seq, f"state {seq}")
        await settled()
    assert quick.texts == [f"state {seq}" for seq in range(1, 11)]
    assert slow.texts == ["state 1"]
    slow.take()
    await settled()
    assert slow.texts == ["state 1", "state 10"]


@on_loop
async def test_each_topic_of_a_socket_has_its_own_slot() -> None:
    hub = hub_of()
    slow = connected(hub, "a", "b", "c", slow=True)
    publish(hub, "a", 1, "a1")
    await settled()
    for text in ("b1", "c1", "b2"):
        publish(hub, text[0], int(text[1]), text)
        await settled()
    for _ in range(3):
        slow.take()
        await settled()
    assert slow.texts == ["a1", "b2", "c1"]
    assert slow.waiting is None


@on_loop
async def test_a_change_during_a_long_round_reaches_all_and_nobody_goes_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dispatch, "WRITES_PER_LOOK", 1)
    monkeypatch.setattr(dispatch, "SLICE_SECONDS", 0.0)
    hub = hub_of()
    sockets = [connected(hub, "queue") for _ in range(10)]
    publish(hub, "queue", 1, "1")
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    publish(hub, "queue", 2, "2")
    await settled()
    assert all(socket.texts in (["2"], ["1", "2"]) for socket in sockets)
    assert sockets[0].texts == ["1", "2"]
    assert sockets[-1].texts == ["2"]


@on_loop
async def test_two_busy_topics_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatch, "WRITES_PER_LOOK", 1)
    monkeypatch.setattr(dispatch, "SLICE_SECONDS", 0.0)
    hub = hub_of()
    crowd, one = [connected(hub, "crowd") for _ in range(20)], connected(hub, "one")
    publish(hub, "crowd", 1)
    publish(hub, "one", 1)
    while not one.frames:
        await asyncio.sleep(0)
    assert sum(len(socket.frames) for socket in crowd) < 3
    await settled()


@on_loop
async def test_a_socket_stuck_for_two_seconds_is_dropped_by_the_sweep() -> None:
    turning = Turning()
    hub = hub_of(turning)
    stuck, busy = connected(hub, "queue", slow=True), connected(hub, "queue", slow=True)
    publish(hub, "queue", 1)
    await settled()
    turning.seconds += 1.9
    hub.sweep()
    assert stuck.closings == []
    busy.take()
    turning.seconds += 0.1
    await settled()
    hub.sweep()
    assert stuck.closings == [(CloseCode.TRY_LATER, "too slow")]
    assert busy.closings == []
    assert hub.counts().sockets == {"queue": 1}
    assert hub.counts().stuck == 1
    stuck.take()
    await settled()
    publish(hub, "queue", 2)
    await settled()
    assert len(stuck.frames) == 1


@on_loop
async def test_a_dead_socket_is_forgotten_at_the_write_that_finds_it_dead() -> None:
    hub = hub_of()
    dead, other = connected(hub, "queue"), connected(hub, "queue")
    dead.dead = True
    publish(hub, "queue", 1)
    await settled()
    assert hub.counts().sockets == {"queue": 1}
    assert len(other.frames) == 1


@on_loop
async def test_a_write_that_breaks_later_is_watched_and_ends_the_peer() -> None:
    hub = hub_of()
    breaking = connected(hub, "queue", slow=True)
    publish(hub, "queue", 1)
    await settled()
    breaking.fail()
    await settled()
    assert hub.counts().sockets == {}
    assert not hub.watched("queue")


@on_loop
async def test_no_task_and_no_trace_stays_of_a_socket_that_left() -> None:
    hub = hub_of()
    socket = connected(hub, "queue", "ticket", slow=True)
    publish(hub, "queue", 1)
    await settled()
    publish(hub, "ticket", 1)
    hub.limit(socket, 60)
    hub.gone(socket)
    socket.take()
    trace = weakref.ref(socket)
    del socket
    await settled()
    assert trace() is None
    assert hub.counts().topics == 0


@on_loop
async def test_the_first_snapshot_is_shared_by_all_who_open_on_the_same_state() -> None:
    hub, encoded = hub_of(), []
    sockets = []
    for _ in range(3):
        sockets.append(connected(hub, "queue"))
        hub.send(sockets[-1], "queue", 4, AT, lambda: encoded.append(1) or "four")  # type: ignore[func-returns-value]
    assert encoded == [1]
    assert all(socket.texts == ["four"] for socket in sockets)


@on_loop
async def test_a_snapshot_older_than_what_was_published_meanwhile_is_not_sent() -> None:
    hub = hub_of()
    socket = connected(hub, "queue")
    publish(hub, "queue", 5, "five")
    hub.send(socket, "queue", 4, AT, lambda: "four")
    await settled()
    assert socket.texts == ["five"]


@on_loop
async def test_a_view_encoded_anew_at_the_same_seq_counts_as_newer() -> None:
    hub = hub_of()
    first, second = connected(hub, "queue"), connected(hub, "queue")
    hub.send(first, "queue", 4, "2026-03-03T10:00:00+00:00", lambda: "earlier")
    hub.send(second, "queue", 4, "2026-03-03T10:00:30+00:00", lambda: "later")
    assert second.texts == ["later"]


@on_loop
async def test_unsubscribing_takes_back_what_was_pending() -> None:
    hub = hub_of()
    slow, planned = connected(hub, "a", "b", slow=True), connected(hub, "b")
    publish(hub, "a", 1, "a1")
    await settled()
    publish(hub, "b", 1, "b1")
    await asyncio.sleep(0)
    hub.unsubscribe(slow, "b")
    slow.take()
    publish(hub, "b", 2, "b2")
    hub.unsubscribe(planned, "b")
    await settled()
    assert slow.texts == ["a1"]
    assert planned.texts in ([], ["b1"])
    assert not hub.watched("b")


@on_loop
async def test_a_heartbeat_repeats_the_seq_last_sent() -> None:
    hub = hub_of()
    idle, told = connected(hub), connected(hub, "queue")
    publish(hub, "queue", 7)
    await settled()
    hub.beat()
    await settled()
    assert idle.received == [{"type": "heartbeat", "seq": 0, "at": AT}]
    assert told.received[-1] == {"type": "heartbeat", "seq": 7, "at": AT}


@on_loop
async def test_a_heartbeat_neither_overtakes_nor_replaces_a_snapshot() -> None:
    hub = hub_of()
    slow, planned = connected(hub, "queue", slow=True), connected(hub, "other")
    publish(hub, "queue", 1, "one")
    await settled()
    publish(hub, "queue", 2, "two")
    await settled()
    hub.beat()
    publish(hub, "other", 3, "three")
    await settled()
    slow.take()
    await settled()
    assert slow.texts == ["one", "two"]
    assert planned.texts == ["three"]


@on_loop
async def test_messages_of_no_topic_wait_behind_snapshots_and_only_the_latest_waits() -> None:
    hub = hub_of()
    slow = connected(hub, "queue", slow=True)
    publish(hub, "queue", 1, "one")
    await settled()
    hub.tell(slow, "first error")
    hub.tell(slow, "second error")
    publish(hub, "queue", 2, "two")
    await settled()
    slow.take()
    await settled()
    slow.take()
    await settled()
    assert slow.texts == ["one", "two", "second error"]


@on_loop
async def test_a_sign_in_that_runs_out_closes_the_socket_unless_it_is_renewed() -> None:
    turning = Turning()
    hub = hub_of(turning)
    expired, renewed, lifted = connected(hub), connected(hub), connected(hub)
    for socket in (expired, renewed, lifted):
        hub.limit(socket, 900, "token expired")
    hub.limit(renewed, 1800, "token expired")
    hub.limit(lifted, None)
    turning.seconds += 900
    hub.sweep()
    assert expired.closings == [(CloseCode.NOT_SIGNED_IN, "token expired")]
    assert renewed.closings == []
    assert lifted.closings == []


@on_loop
async def test_a_followed_topic_brings_its_watchers_along() -> None:
    hub = hub_of()
    socket = connected(hub, "ticket:old")
    hub.follow("ticket:old", "ticket:new")
    hub.follow("ticket:nobody", "ticket:other")
    publish(hub, "ticket:new", 1, "new")
    await settled()
    assert socket.texts == ["new"]
    assert not hub.watched("ticket:other")


@on_loop
async def test_a_listener_hears_every_publication_and_keeps_the_topic_watched() -> None:
    hub, heard = hub_of(), []

    def listener(publication: Publication) -> None:
        heard.append((publication.seq, publication.text))

    hub.listen("queue", listener)
    assert hub.watched("queue")
    publish(hub, "queue", 1, "one")
    publish(hub, "queue", 2, "two")
    assert heard == [(1, "one"), (2, "two")]
    hub.unlisten("queue", listener)
    assert not hub.watched("queue")


@on_loop
async def test_ending_a_topic_sends_its_watchers_away() -> None:
    hub = hub_of()
    watcher, other = connected(hub, "board"), connected(hub, "queue")
    hub.end("board", CloseCode.NOT_FOUND, "removed")
    assert watcher.closings == [(CloseCode.NOT_FOUND, "removed")]
    assert other.closings == []


@on_loop
async def test_closing_says_1012_waits_for_the_sockets_and_takes_no_new_ones() -> None:
    hub = hub_of()
    hub.start()
    sockets = [connected(hub, "queue") for _ in range(3)]
    publish(hub, "queue", 1)
    closing = asyncio.ensure_future(hub.close(patience=60))
    await settled()
    assert [socket.closings for socket in sockets] == [[(CloseCode.RESTARTING, "restarting")]] * 3
    late = FakeSocket()
    assert not hub.connect(late, "queue")
    assert late.closings == [(CloseCode.RESTARTING, "restarting")]
    for socket in sockets:
        assert not closing.done()
        hub.gone(socket)
    await closing


@on_loop
async def test_closing_does_not_wait_for_ever() -> None:
    hub = hub_of()
    connected(hub, "queue")
    await hub.close(patience=0.01)


def test_a_round_that_cannot_be_encoded_fails_aloud_and_the_next_change_goes_out() -> None:
    complaints: list[str] = []

    async def main() -> None:
        asyncio.get_running_loop().set_exception_handler(
            lambda _, context: complaints.append(str(context["exception"]))
        )
        hub = hub_of()
        socket, other = connected(hub, "queue"), connected(hub, "other")
        hub.publish("queue", 1, AT, lambda: str(1 / 0))
        publish(hub, "other", 1, "fine")
        await settled()
        publish(hub, "queue", 2, "two")
        await settled()
        assert socket.texts == ["two"]
        assert other.texts == ["fine"]

    asyncio.run(main())
    assert complaints == ["division by zero"]


@on_loop
async def test_frames_reach_the_wire_whole() -> None:
    hub = hub_of()
    socket = connected(hub, "queue")
    publish(hub, "queue", 1, "é" * 40_000)
    await settled()
    assert socket.frames == [messages.frame("é" * 40_000)]
    assert text_of(socket.frames[0]) == "é" * 40_000
