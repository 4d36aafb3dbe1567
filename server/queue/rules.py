"""The one door into the rules: apply a command to a day, once. Pure (DESIGN 2: functional core).

`apply` looks the command's id up, runs ageing, lets the one rule for the command decide, then numbers the effects,
remembers the command and raises the visible version if a view changed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from server.errors import DayOver, IdempotencyKeyReused
from server.queue import calling, commands, joining, leaving, notices, places, policy, standing
from server.queue.model import CALLS_KEPT, Done, Effect, QueueDay
from server.queue.texts import Wanted
from server.queue.transition import Change

COMMANDS_KEPT = 500
COMMANDS_KEPT_FOR = timedelta(minutes=15)

RULES: dict[type[commands.Command], Callable[[QueueDay, Any, datetime], Change]] = {
    commands.Join: joining.join,
    commands.Accept: joining.accept,
    commands.CallTicket: calling.call,
    commands.CallNext: calling.call_next,
    commands.Recall: calling.recall,
    commands.Start: calling.start,
    commands.Finish: calling.finish,
    commands.NoShow: calling.no_show,
    commands.PutBack: places.put_back,
    commands.Rejoin: places.rejoin,
    commands.Late: places.late,
    commands.Hold: places.hold,
    commands.Resume: places.resume,
    commands.SetPriority: places.set_priority,
    commands.Move: places.move,
    commands.SetContact: places.set_contact,
    commands.Cancel: leaving.cancel,
    commands.Left: leaving.left,
    commands.CancelAll: leaving.cancel_all,
    commands.Transfer: leaving.transfer,
    commands.ReturnTransfer: leaving.return_transfer,
    commands.FinishDay: leaving.finish_day,
    commands.PauseQueue: standing.pause,
    commands.OpenQueue: standing.open_queue,
    commands.CloseQueue: standing.close,
    commands.UndoLast: standing.undo,
    commands.Promote: standing.promote,
    commands.ChangeDoctor: standing.change_doctor,
    commands.ForgetPatient: standing.forget_patient,
    commands.Tidy: standing.tidy,
}

_AFTER_THE_DAY = (commands.FinishDay, commands.Tidy, commands.ReturnTransfer, commands.ForgetPatient)
_PLACING = (commands.Move, commands.PutBack, commands.Rejoin, commands.Late)
_AGES_NOBODY = (commands.FinishDay, commands.Tidy, commands.ForgetPatient)
_NOT_REMEMBERED = (
    commands.Promote,
    commands.FinishDay,
    commands.Tidy,
    commands.ChangeDoctor,
    commands.ForgetPatient,
)


@dataclass(frozen=True, slots=True)
class Applied:
    """The day after a command and its result; `replayed` if it had been carried out before."""

    day: QueueDay
    done: Done
    replayed: bool = False


def apply(day: QueueDay, command: commands.Command, now: datetime) -> Applied:
    """Carry out `command` on `day`. Raises a DomainError that says what happened instead.

    Housekeeping that finds nothing to do gives the same `day` object back, and nothing need be written.
    """
    known = day.commands.get(command.id)
    if known is not None:
        if known.fingerprint != command.fingerprint:
            raise IdempotencyKeyReused(
                "This Idempotency-Key was used with another body; use a new key for a new request."
            )
        return Applied(day, known, replayed=True)
    now = max(now, day.updated_at)
    if day.finished and not isinstance(command, _AFTER_THE_DAY):
        raise DayOver(f"The service day {day.day.isoformat()} of {day.doctor.name} is over.")
    # What the world does not see must not move anybody unseen.
    aged = day if day.finished or isinstance(command, _AGES_NOBODY) else policy.promoted(day, now)
    if isinstance(command, _PLACING):
        aged = policy.shortened(aged)
    change = RULES[type(command)](aged, command, now)
    visible = change.visible or aged is not day
    after, told = notices.owed(aged, change.day, command, now)
    # A transfer is answered by its last effect.
    after = _numbered(after, sorted([*change.effects, *told], key=lambda wanted: wanted.kind == "accept"))
    if isinstance(command, commands.Tidy) or (after is day and isinstance(command, _NOT_REMEMBERED)):
        return Applied(after, Done(command.id, now, None, {}, after.seq))
    after = replace(
        after,
        version=_next_version(day, command) if visible else day.version,
        updated_at=now,
        calls=tuple(call for call in after.calls if now - call.at < CALLS_KEPT),
        undo=_undo(aged, after, change, command, now),
        last_used=after.last_used if isinstance(command, commands.Join) else calling.rooms_used(aged, after, now),
    )
    asked_for = after.effects[len(day.effects) :]
    numbers = tuple(effect.number for effect in asked_for)
    done = Done(command.id, now, change.ticket_id, change.outcome, after.seq, command.fingerprint, numbers)
    if not isinstance(command, _NOT_REMEMBERED):
        after = replace(after, commands=_remembered(after.commands, done))
    return Applied(after, done)


def _next_version(day: QueueDay, command: commands.Command) -> int:
    above = command.above if isinstance(command, commands.Accept) else 0
    return max(day.version, above) + 1


def _numbered(day: QueueDay, wanted: Sequence[Wanted]) -> QueueDay:
    if not wanted:
        return day
    numbered = tuple(Effect(day.next_effect + n, effect.kind, effect.data) for n, effect in enumerate(wanted))
    return replace(day, effects=day.effects + numbered, next_effect=day.next_effect + len(numbered))


def _undo(before: QueueDay, after: QueueDay, change: Change, command: commands.Command, now: datetime) -> Any:
    """Staff commands that can be taken back replace what could be; some only end it; the others leave it."""
    if change.seals:
        return None
    if change.undoable and change.visible and command.actor.role != "patient":
        return standing.remembered(before, change, command, now)
    return after.undo


def _remembered(known: Mapping[str, Done], done: Done) -> dict[str, Done]:
    """The known commands and this one, without those past their time or number; oldest first."""
    kept = {**known, done.id: done}
    while len(kept) > COMMANDS_KEPT or done.at - next(iter(kept.values())).at >= COMMANDS_KEPT_FOR:
        del kept[next(iter(kept))]
    return kept
