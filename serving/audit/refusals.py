"""Count refusals, so that each kind is recorded at once and a flood of them costs a record a minute.

A refused transaction is rolled back, so its record is written by another one, after the answer has left. The first
refusal of a kind (caller, operation, code) is recorded within a second; those that follow within a minute are one
record with their number. How many kinds are kept apart is bounded: kinds beyond that are counted together by operation
and code, and known callers have a share of their own, which strangers cannot use up.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from sqlalchemy.orm import Session

from core.access.tenant import Step, platform_step
from core.audit.actor import Actor
from core.audit.origin import RequestOrigin
from core.audit.record import Act, record
from core.observability.context import log_fields

RECORDED: Final = frozenset({401, 403, 409, 429})
"""Statuses of refusals that are recorded."""
WINDOW_SECONDS: Final = 60.0
KNOWN_KINDS: Final = 500
STRANGER_KINDS: Final = 100
_OTHERS: Final = Actor("anonymous", "others")


@dataclass(frozen=True)
class Refusal:
    """A refusal of an operation. Callers that are not known are told apart by their network alone."""

    actor: Actor
    operation: str
    status: int
    code: str
    request_id: str = ""

    @classmethod
    def of(cls, origin: RequestOrigin, status: int, request_id: str) -> Refusal:
        """Return the refusal that a request has met with."""
        actor = Actor.of(origin.principal, device=origin.device, address_class=origin.address_class)
        return cls(actor, origin.operation or "unknown", status, origin.refusal or "unknown", request_id)

    @property
    def kind(self) -> tuple[str | None, ...]:
        """The key under which refusals are counted together."""
        known = self.actor.kind != "anonymous"
        caller = self.actor.name if known else self.actor.address_class
        return self.actor.kind, caller, self.operation, str(self.status), self.code


@dataclass
class _Counted:
    refusal: Refusal
    since: float
    waiting: int = 0
    told: bool = False


@dataclass
class RefusalLedger:
    """Refusals of one process that are not recorded yet."""

    _counted: dict[tuple[str | None, ...], _Counted] = field(default_factory=dict)
    _kinds: dict[bool, int] = field(default_factory=lambda: {True: 0, False: 0})

    def note(self, refusal: Refusal, now: float) -> None:
        """Count a refusal; `now` is monotonic."""
        kind = refusal.kind
        if kind not in self._counted:
            known = refusal.actor.kind != "anonymous"
            if self._kinds[known] >= (KNOWN_KINDS if known else STRANGER_KINDS):
                refusal = replace(refusal, actor=_OTHERS, request_id="")
                kind = refusal.kind
            else:
                self._kinds[known] += 1
        self._counted.setdefault(kind, _Counted(refusal, now)).waiting += 1

    def take(self, now: float, *, everything: bool = False) -> list[tuple[Refusal, int]]:
        """Return what is to be recorded now, with its number, and count from nothing again."""
        due = []
        for kind, each in list(self._counted.items()):
            over = now - each.since >= WINDOW_SECONDS
            if each.waiting and (over or everything or not each.told):
                due.append((each.refusal, each.waiting))
                each.waiting, each.told = 0, True
                each.since = now if over else each.since
            elif over:
                self._forget(kind)
        return due

    def put_back(self, taken: Iterable[tuple[Refusal, int]], now: float) -> None:
        """Count again what could not be recorded."""
        for refusal, count in taken:
            each = self._counted.setdefault(refusal.kind, _Counted(refusal, now))
            each.waiting += count
            each.told = False

    def _forget(self, kind: tuple[str | None, ...]) -> None:
        counted = self._counted.pop(kind)
        if counted.refusal.actor != _OTHERS:
            self._kinds[counted.refusal.actor.kind != "anonymous"] -= 1


def record_refusals(session: Session, taken: Iterable[tuple[Refusal, int]]) -> None:
    """Record refusals with their numbers; the caller commits."""
    with platform_step(session, Step.REFUSAL):
        _record(session, taken)


def _record(session: Session, taken: Iterable[tuple[Refusal, int]]) -> None:
    for refusal, count in taken:
        details = {"status": refusal.status, "code": refusal.code, "count": count}
        act = Act("access.refuse", "operation", refusal.operation, after=details)
        with log_fields(**({"request_id": refusal.request_id} if refusal.request_id else {})):
            record(session, refusal.actor, act)
