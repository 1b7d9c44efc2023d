"""Refusals are recorded at once, and a flood of them costs a record a minute and a bounded memory."""

from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.audit.actor import Actor
from core.db.tables.audit import AuditRecord
from serving.audit.refusals import KNOWN_KINDS, STRANGER_KINDS, Refusal, RefusalLedger, record_refusals

STRANGER = Actor("anonymous", "anonymous", address_class="203.0.113.0/24")


def refusal(actor: Actor = STRANGER, code: str = "login_needed", operation: str = "GET /v1/me") -> Refusal:
    return Refusal(actor, operation, 401, code, "r-7")


def noted(ledger: RefusalLedger, count: int, now: float, what: Refusal | None = None) -> None:
    for _ in range(count):
        ledger.note(what or refusal(), now)


def test_first_refusal_is_told_at_once_and_the_others_once_a_minute() -> None:
    ledger = RefusalLedger()
    noted(ledger, 1, 0.0)
    assert [count for _, count in ledger.take(0.5)] == [1]
    for second in range(1, 60):
        noted(ledger, 100, float(second))
        assert ledger.take(second + 0.5) == []
    assert [count for _, count in ledger.take(60.0)] == [5_900]
    noted(ledger, 3, 61.0)
    assert ledger.take(62.0) == []
    assert [count for _, count in ledger.take(121.0)] == [3]


def test_kind_that_was_quiet_for_a_minute_is_forgotten_and_told_at_once_again() -> None:
    ledger = RefusalLedger()
    noted(ledger, 1, 0.0)
    ledger.take(0.5)
    assert ledger.take(61.0) == []
    noted(ledger, 1, 62.0)
    assert [count for _, count in ledger.take(62.5)] == [1]


def test_callers_operations_and_codes_are_kept_apart() -> None:
    ledger = RefusalLedger()
    other = Actor("anonymous", "anonymous", address_class="198.51.100.0/24")
    person = Actor("person", "p", uuid4(), address_class="203.0.113.0/24")
    for what in (
        refusal(),
        refusal(other),
        refusal(person),
        refusal(code="token_expired"),
        refusal(operation="GET /x"),
    ):
        noted(ledger, 2, 0.0, what)
    assert [count for _, count in ledger.take(1.0)] == [2] * 5


def test_flood_from_countless_networks_is_counted_together_and_leaves_known_callers_apart() -> None:
    ledger = RefusalLedger()
    for number in range(50_000):
        ledger.note(refusal(Actor("anonymous", "anonymous", address_class=f"2001:db8:{number:x}::/64")), 0.0)
    person = Actor("person", "p", uuid4())
    ledger.note(refusal(person), 0.0)
    taken = ledger.take(1.0)
    assert len(taken) == STRANGER_KINDS + 2
    assert sum(count for _, count in taken) == 50_001
    assert [each.actor for each, _ in taken if each.actor.kind == "person"] == [person]
    assert max(count for _, count in taken) == 50_000 - STRANGER_KINDS


def test_known_callers_are_bounded_too_and_room_comes_back() -> None:
    ledger = RefusalLedger()
    for _ in range(KNOWN_KINDS + 10):
        ledger.note(refusal(Actor("person", str(uuid4()), uuid4())), 0.0)
    assert len(ledger.take(1.0)) == KNOWN_KINDS + 1
    assert ledger.take(62.0) == []
    ledger.note(refusal(Actor("person", "again", uuid4())), 63.0)
    assert [each.actor.name for each, _ in ledger.take(64.0)] == ["again"]


def test_count_that_could_not_be_recorded_is_kept() -> None:
    ledger = RefusalLedger()
    noted(ledger, 4, 0.0)
    taken = ledger.take(1.0)
    ledger.put_back(taken, 1.0)
    noted(ledger, 2, 2.0)
    assert [count for _, count in ledger.take(3.0)] == [6]


def test_what_is_left_is_told_at_the_end() -> None:
    ledger = RefusalLedger()
    noted(ledger, 1, 0.0)
    ledger.take(0.5)
    noted(ledger, 5, 1.0)
    assert [count for _, count in ledger.take(1.5, everything=True)] == [5]


@pytest.mark.parametrize("count", [1, 5_900])
def test_record_names_operation_code_and_number(session: Session, count: int) -> None:
    record_refusals(session, [(refusal(), count)])
    row = session.scalars(select(AuditRecord)).one()
    assert (row.action, row.subject_kind, row.subject_id) == ("access.refuse", "operation", "GET /v1/me")
    assert row.after == {"status": 401, "code": "login_needed", "count": count}
    assert (row.actor_kind, row.address_class, row.request_id) == ("anonymous", "203.0.113.0/24", "r-7")
