"""Any change of the trail is named: of a record, a link, an anchor, of their order or their number."""

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from core.db.tables.audit import AuditQueue, AuditRecord
from core.storage import Storage
from pipelines.audit.report import Finding
from pipelines.audit.verify import verify_chain
from tests.pipelines.audit.tampering import Intruder
from tests.pipelines.audit.trails import act, built, own_the_tables


@pytest.fixture
def trail(session: Session, storage: Storage) -> Session:
    built(session, storage)
    report = verify_chain(session, storage)
    assert (report.verified, report.finding, report.anchors) == (30, None, 5)
    own_the_tables(session)
    return session


def assert_named(session: Session, storage: Storage, seed: int) -> None:
    """Tamper once, verify, and put everything back."""
    objects = {key: storage.get(key) for key in storage.keys("audit")}
    savepoint = session.begin_nested()
    try:
        tampering = Intruder(session, storage, seed).tamper()
        session.expire_all()
        finding = verify_chain(session, storage).finding
        assert finding is not None, (seed, tampering)
        if finding.number is not None:
            assert finding.number <= tampering.at_most, (seed, tampering, finding)
            assert not tampering.exactly or finding.number == tampering.at_most, (seed, tampering, finding)
    finally:
        savepoint.rollback()
        for key in [key for key in storage.keys("audit") if key not in objects]:
            storage.delete(key)
        for key, data in objects.items():
            storage.put(key, data)


def test_record_that_was_removed_while_it_waited_for_the_chain_is_named(session: Session, storage: Storage) -> None:
    built(session, storage)
    act(session, 31)
    waiting = session.scalars(select(AuditQueue.record_id)).one()
    assert verify_chain(session, storage).finding is None
    own_the_tables(session)
    session.execute(delete(AuditRecord).where(AuditRecord.id == waiting))
    found = verify_chain(session, storage).finding
    assert found == Finding("a record was removed before it was chained", None, waiting)


@pytest.mark.slow
def test_random_tampering_is_named(trail: Session, storage: Storage) -> None:
    for seed in range(100):
        assert_named(trail, storage, seed)
    assert verify_chain(trail, storage).finding is None


@pytest.mark.sweep
def test_a_thousand_random_tamperings_are_named(trail: Session, storage: Storage) -> None:
    for seed in range(1_000, 2_000):
        assert_named(trail, storage, seed)
