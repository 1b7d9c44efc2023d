"""A restore is named until it is declared; then the gap stands in the chain, and the chain goes on."""

from collections.abc import Iterator

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from core.audit.actor import Actor
from core.db.tables.audit import AuditRecord
from core.errors import InvalidInputError
from core.storage import Storage
from pipelines.audit.anchoring import delete_objects
from pipelines.audit.chain import extend_chain
from pipelines.audit.resume import ResumeResult, resume_chain
from pipelines.audit.verify import verify_chain
from tests.pipelines.audit.trails import TrailBuilder, act, built, own_the_tables

OPERATOR = Actor.system("automart audit by ayesha")


@pytest.fixture
def restored(session: Session, storage: Storage) -> Iterator[TrailBuilder]:
    """A trail of 30 records whose database was restored from a copy with 17 of them; storage was not."""
    trail = TrailBuilder(session, storage)
    trail.minute(6)
    trail.minute(4)
    trail.midnight()
    trail.minute(4)
    trail.minute(3)
    dump = session.begin_nested()
    trail.minute(3)
    trail.midnight()
    for records in (4, 3, 3):
        trail.minute(records)
    dump.rollback()
    session.expire_all()
    return trail


def resumed(trail: TrailBuilder, reason: str = "disk of the server died") -> ResumeResult:
    result = resume_chain(trail.session, trail.storage, OPERATOR, reason, trail.now)
    trail.session.flush()
    return result


def test_restore_is_named_until_it_is_declared(restored: TrailBuilder) -> None:
    finding = verify_chain(restored.session, restored.storage).finding
    assert finding is not None
    assert "restored" in finding.problem or "removed" in finding.problem
    resumed(restored)
    assert verify_chain(restored.session, restored.storage).finding is None


def test_gap_is_recorded_and_the_chain_goes_on_behind_it(restored: TrailBuilder) -> None:
    assert resumed(restored).number == 31
    row = restored.session.scalars(select(AuditRecord).where(AuditRecord.action == "audit.resume")).one()
    assert (row.reason, row.actor) == ("disk of the server died", "automart audit by ayesha")
    assert row.after is not None
    assert (row.after["from"], row.after["to"]) == (17, 30)
    restored.minute(5)
    restored.midnight()
    restored.minute(2)
    report = verify_chain(restored.session, restored.storage)
    assert (report.finding, report.verified) == (None, 17 + 1 + 7)


def test_records_chained_before_the_restore_was_declared_stay(restored: TrailBuilder) -> None:
    for number in range(4):
        act(restored.session, 100 + number)
    extend_chain(restored.session, restored.now)
    assert verify_chain(restored.session, restored.storage).finding is not None
    assert resumed(restored) == ResumeResult(31, 9, 4)
    assert verify_chain(restored.session, restored.storage).finding is None


def test_second_restore_is_declared_like_the_first(restored: TrailBuilder) -> None:
    dump = restored.session.begin_nested()
    resumed(restored)
    restored.minute(3)
    dump.rollback()
    assert verify_chain(restored.session, restored.storage).finding is not None
    assert resumed(restored).number == 35
    assert verify_chain(restored.session, restored.storage).finding is None


def test_restore_without_a_gap_is_recorded_too(session: Session, storage: Storage) -> None:
    trail = built(session, storage)
    assert resumed(trail) == ResumeResult(31, 0, 0)
    assert verify_chain(session, storage).finding is None


def test_restore_into_an_empty_database_goes_on(session: Session, storage: Storage) -> None:
    trail = TrailBuilder(session, storage)
    empty = session.begin_nested()
    trail.minute(3)
    empty.rollback()
    assert resumed(trail).number == 4
    assert verify_chain(session, storage).finding is None


@pytest.mark.parametrize("change", ["put", "delete"])
def test_anchor_that_was_set_aside_stays_evidence(restored: TrailBuilder, change: str) -> None:
    resumed(restored)
    key = "audit/head/000000000000030.json"
    if change == "put":
        restored.storage.put(key, b"{}")
    else:
        restored.storage.delete(key)
    finding = verify_chain(restored.session, restored.storage).finding
    assert finding is not None
    assert finding.anchor == key


def test_declaring_a_restore_does_not_cover_a_changed_record(restored: TrailBuilder) -> None:
    own_the_tables(restored.session)
    restored.session.execute(text("UPDATE audit_records SET actor = 'x' WHERE subject_id = '12'"))
    resumed(restored)
    assert verify_chain(restored.session, restored.storage).first_bad == 12


def test_gap_cannot_be_invented_in_the_database_alone(session: Session, storage: Storage) -> None:
    built(session, storage)
    own_the_tables(session)
    for table in ("audit_chain", "audit_anchors"):
        session.execute(text(f"DELETE FROM {table} WHERE number > 25"))
    session.execute(text("INSERT INTO audit_anchors VALUES ('resumed', 31, sha256('x'))"))
    assert verify_chain(session, storage).finding is not None


def test_restore_needs_a_reason(restored: TrailBuilder) -> None:
    with pytest.raises(InvalidInputError):
        resumed(restored, "  ")


def test_database_from_before_a_closed_day_can_be_resumed(session: Session, storage: Storage) -> None:
    """Its list names heads whose objects went when the day was closed."""
    trail = TrailBuilder(session, storage)
    trail.minute(6)
    trail.minute(4)
    dump = session.begin_nested()
    trail.midnight()
    dump.rollback()
    assert verify_chain(session, storage).finding is not None
    resumed(trail)
    assert verify_chain(session, storage).finding is None
    delete_objects(storage, [])
