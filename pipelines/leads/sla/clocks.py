"""Find the clocks in the history of a lead: which promise ran from when, and what ended it."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from core.states.leads import CLOSING, LeadState
from pipelines.leads.calendars.calendar import BusinessCalendar
from pipelines.leads.sla.deadline import Deadline, deadline
from pipelines.leads.sla.moments import Moment, MomentKind
from pipelines.leads.sla.policy import ClockKind, SlaPolicy


class HistoryKind(StrEnum):
    """Kinds of events in a lead's history, as its clocks see them."""

    BUYER_MESSAGE = "buyer_message"
    JOINED = "joined"  # the same buyer asked again for the same car: it is one more message
    REPLY = "reply"  # written by a person, and sent
    CALL = "call"  # logged by a person
    STATE = "state"
    PAUSE = "pause"
    RESUME = "resume"
    NOTE = "note"
    AUTO_REPLY = "auto_reply"
    ASSIGNED = "assigned"


_MESSAGES = frozenset({HistoryKind.BUYER_MESSAGE, HistoryKind.JOINED})
_ANSWERS = frozenset({HistoryKind.REPLY, HistoryKind.CALL})


@dataclass(frozen=True, slots=True)
class HistoryEvent:
    """One event of a lead at the time at which it happened; `state` is the new one, of kind `state` alone."""

    at: datetime
    kind: HistoryKind
    state: LeadState | None = None


@dataclass(frozen=True, slots=True)
class Clock:
    """One promise that ran. Without `ended_at` it still runs; `answered_at` says that an answer ended it."""

    kind: ClockKind
    started_at: datetime
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    moments: tuple[Moment, ...] = ()


def clocks_of(history: Iterable[HistoryEvent], policy: SlaPolicy) -> tuple[Clock, ...]:
    """Find every clock of a lead, in order of its start.

    The first message starts first_answer and resolution; after an answer the first unanswered message starts
    next_answer, and further ones change nothing. Replies and logged calls are answers. A closing state ends every
    clock; a later message starts new ones. Notes, automatic mail and assignment neither start nor stop anything.

    Args:
        history: in the order of recording; events count by their own times, so one that was recorded late is in place.
        policy: a promise that it does not make has no clock; its pausing states stop all clocks while they last.
    """
    reader = _Reader(policy)
    for event in sorted(history, key=lambda event: event.at):
        reader.read(event)
    found = [*reader.ended, *reader.running.values()]
    return tuple(
        replace(clock, moments=_moments_of(clock, reader.pauses))
        for clock in sorted(found, key=lambda clock: (clock.started_at, list(ClockKind).index(clock.kind)))
    )


def clock_deadline(clock: Clock, policy: SlaPolicy, calendar: BusinessCalendar) -> Deadline | None:
    """Compute the deadline of one clock; none where the policy does not make its promise."""
    promise = policy.of(clock.kind)
    if promise is None:
        return None
    closed_at = None if clock.answered_at is not None else clock.ended_at
    return deadline(clock.started_at, promise, calendar, clock.moments, closed_at)


def _moments_of(clock: Clock, pauses: Iterable[Moment]) -> tuple[Moment, ...]:
    moments = [moment for moment in pauses if clock.ended_at is None or moment.at <= clock.ended_at]
    if clock.answered_at is not None:
        moments.append(Moment(clock.answered_at, MomentKind.ANSWER))
    return tuple(moments)


@dataclass
class _Reader:
    """Follow a history event by event."""

    policy: SlaPolicy
    running: dict[ClockKind, Clock] = field(default_factory=dict)
    ended: list[Clock] = field(default_factory=list)
    pauses: list[Moment] = field(default_factory=list)
    begun: bool = False
    answered: bool = False
    closed: bool = False
    paused_by_hand: bool = False
    paused_by_state: bool = False

    def read(self, event: HistoryEvent) -> None:
        if event.kind in _MESSAGES:
            self._message(event.at)
        elif event.kind in _ANSWERS:
            self._answer(event.at)
        elif event.kind is HistoryKind.STATE and event.state is not None:
            self._state(event.at, event.state)
        elif event.kind in (HistoryKind.PAUSE, HistoryKind.RESUME):
            self._pause(event.at, by_hand=event.kind is HistoryKind.PAUSE, by_state=self.paused_by_state)

    def _message(self, at: datetime) -> None:
        self.begun, self.closed = True, False
        self._start(ClockKind.NEXT_ANSWER if self.answered else ClockKind.FIRST_ANSWER, at)
        self._start(ClockKind.RESOLUTION, at)

    def _answer(self, at: datetime) -> None:
        if not self.begun:  # a call before the first message answers nothing
            return
        self.answered = True
        for kind in (ClockKind.FIRST_ANSWER, ClockKind.NEXT_ANSWER):
            self._end(kind, at, answered=True)

    def _state(self, at: datetime, state: LeadState) -> None:
        if state in CLOSING:
            self.closed = True
            self._pause(at, by_hand=False, by_state=False)
            for kind in tuple(self.running):
                self._end(kind, at, answered=False)
            return
        if self.closed:  # a person took it up again
            self.closed = False
            self._start(ClockKind.RESOLUTION, at)
        self._pause(at, by_hand=self.paused_by_hand, by_state=state in self.policy.pausing_states)

    def _pause(self, at: datetime, *, by_hand: bool, by_state: bool) -> None:
        before, after = self.paused_by_hand or self.paused_by_state, by_hand or by_state
        self.paused_by_hand, self.paused_by_state = by_hand, by_state
        if before != after:
            self.pauses.append(Moment(at, MomentKind.PAUSE if after else MomentKind.RESUME))

    def _start(self, kind: ClockKind, at: datetime) -> None:
        if kind not in self.running and self.policy.of(kind) is not None:
            self.running[kind] = Clock(kind, at)

    def _end(self, kind: ClockKind, at: datetime, *, answered: bool) -> None:
        clock = self.running.pop(kind, None)
        if clock is not None:
            self.ended.append(replace(clock, ended_at=at, answered_at=at if answered else None))
