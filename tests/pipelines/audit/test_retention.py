"""Old days are dropped whole and lawfully; what is left verifies, and what was dropped unlawfully is named."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from core.audit.actor import Actor
from core.audit.errors import TrailDamagedError
from core.db.tables.audit import AuditChain, AuditRecord
from core.storage import Storage
from pipelines.audit.anchoring import delete_objects
from pipelines.audit.anchors import AnchorName
from pipelines.audit.chain import extend_chain
from pipelines.audit.retention import RetentionResult, drop_old_segments
from pipelines.audit.verify import verify_chain
from tests.pipelines.audit.trails import FIRST_DAY, TrailBuilder, built, own_the_tables

ACTOR = Actor.system("test")


def dropped(session: Session, storage: Storage, days: int = 1, later: int = 2) -> RetentionResult:
    """Keep `days`, as asked on the evening of the day `later`."""
    now = FIRST_DAY + timedelta(days=later, hours=10)
    result = drop_old_segments(session, storage, ACTOR, days, now)
    delete_objects(storage, result.needless)
    return result


def test_old_segments_are_dropped_whole_and_the_rest_verifies(session: Session, storage: Storage) -> None:
    trail = built(session, storage)
    result = dropped(session, storage)
    assert (result.dropped, result.through) == (20, 20)
    assert session.scalar(select(func.min(AuditChain.number))) == 21
    assert session.scalar(select(func.count()).select_from(AuditRecord)) == 11  # and the record of the act
    assert list(storage.keys("audit/segment")) == []
    extend_chain(session, trail.now)
    report = verify_chain(session, storage)
    assert (report.finding, report.verified, report.dropped) == (None, 11, 20)


def test_retention_is_a_record_of_the_trail(session: Session, storage: Storage) -> None:
    built(session, storage)
    dropped(session, storage)
    act = session.scalars(select(AuditRecord).where(AuditRecord.action == "audit.retain")).one()
    assert act.after == {"through": 20, "records": 20, "days": 1}


def test_nothing_is_dropped_before_its_time_or_twice(session: Session, storage: Storage) -> None:
    built(session, storage)
    assert dropped(session, storage, days=30).dropped == 0
    assert dropped(session, storage, days=2).through == 10
    assert dropped(session, storage, days=2).dropped == 0
    assert dropped(session, storage, days=1).through == 20
    assert verify_chain(session, storage).finding is None


def test_days_go_on_after_retention(session: Session, storage: Storage) -> None:
    trail = built(session, storage)
    dropped(session, storage)
    trail.midnight()
    trail.minute(4)
    assert dropped(session, storage, later=4).through == 30
    assert verify_chain(session, storage).finding is None


def test_chain_is_never_emptied(session: Session, storage: Storage) -> None:
    trail = TrailBuilder(session, storage)
    trail.minute(3)
    trail.midnight()
    assert dropped(session, storage, later=90).dropped == 0
    trail.minute(1)
    assert dropped(session, storage, later=90).dropped == 3
    assert verify_chain(session, storage).finding is None


def test_damaged_trail_loses_no_evidence(session: Session, storage: Storage) -> None:
    built(session, storage)
    own_the_tables(session)
    session.execute(text("UPDATE audit_records SET actor = 'x' WHERE subject_id = '25'"))
    with pytest.raises(TrailDamagedError, match="was changed"):
        dropped(session, storage)


def test_process_killed_between_anchor_and_drop_goes_on(session: Session, storage: Storage) -> None:
    built(session, storage)
    killed = session.begin_nested()
    drop_old_segments(session, storage, ACTOR, 1, FIRST_DAY + timedelta(days=2, hours=10))
    killed.rollback()
    assert storage.exists(AnchorName(20, "retained").key)
    assert verify_chain(session, storage).finding is None
    assert dropped(session, storage).dropped == 20
    assert verify_chain(session, storage).finding is None


def test_needless_anchors_that_a_killed_process_left_go_the_next_time(session: Session, storage: Storage) -> None:
    built(session, storage)
    drop_old_segments(session, storage, ACTOR, 1, FIRST_DAY + timedelta(days=2, hours=10))
    assert len(list(storage.keys("audit/segment"))) == 2
    assert verify_chain(session, storage).finding is None
    dropped(session, storage)
    assert list(storage.keys("audit/segment")) == []


@pytest.mark.parametrize("object_too", [True, False])
def test_oldest_records_removed_under_pretence_of_retention_are_named(
    session: Session, storage: Storage, object_too: bool
) -> None:
    """Whoever writes to one side alone, the database or the storage, cannot make a removal lawful."""
    built(session, storage)
    own_the_tables(session)
    session.execute(
        text("DELETE FROM audit_records WHERE id IN (SELECT record_id FROM audit_chain WHERE number <= 10)")
    )
    session.execute(text("DELETE FROM audit_chain WHERE number <= 10"))
    if object_too:
        storage.put(AnchorName(10, "retained").key, storage.get(AnchorName(10, "segment").key))
    else:
        session.execute(text("INSERT INTO audit_anchors VALUES ('retained', 10, sha256('x'))"))
    report = verify_chain(session, storage)
    assert report.finding is not None
    assert report.verified == 0
