"""The chain holds each committed record once and names what was changed, removed or inserted."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from core.audit.actor import Actor
from core.audit.record import Act, record
from core.db.session import SessionFactory, transaction
from core.db.tables.audit import AuditChain, AuditQueue
from core.storage import Storage
from pipelines.audit.chain import ChainResult, extend_chain
from pipelines.audit.report import ChainReport
from pipelines.audit.verify import verify_chain

NOW = datetime(2026, 11, 27, 9, tzinfo=UTC)


def act(session: Session, subject: str = "1") -> None:
    record(session, Actor.system("test"), Act("listing.update", "listing", subject, after={"price_pkr": 1, "ü": None}))


def chained(session: Session, records: int) -> None:
    for number in range(records):
        act(session, str(number))
    assert extend_chain(session, NOW).added == records


def without_triggers(session: Session) -> None:
    """Disable the triggers, as only the owner of the tables can."""
    session.execute(text("RESET ROLE"))
    session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    for table in ("audit_records", "audit_chain", "audit_anchors"):
        session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))


def test_records_are_chained_once(session: Session, storage: Storage) -> None:
    chained(session, 5)
    assert extend_chain(session, NOW) == ChainResult(0, 5)
    act(session)
    assert extend_chain(session, NOW) == ChainResult(1, 6)
    assert verify_chain(session, storage) == ChainReport(6)


def test_empty_trail_verifies(session: Session, storage: Storage) -> None:
    assert extend_chain(session, NOW) == ChainResult(0, 0)
    assert verify_chain(session, storage) == ChainReport(0)


def test_transaction_that_commits_late_is_chained_late(session_factory: SessionFactory, storage: Storage) -> None:
    early = session_factory()
    act(early, "early")
    with transaction(session_factory) as other:
        act(other, "late")
    with transaction(session_factory) as chainer:
        assert extend_chain(chainer, NOW) == ChainResult(1, 1)
    early.commit()
    early.close()
    with transaction(session_factory) as chainer:
        assert extend_chain(chainer, NOW) == ChainResult(1, 2)
        assert verify_chain(chainer, storage) == ChainReport(2)


def test_parallel_chainers_never_fork_the_chain(session_factory: SessionFactory, storage: Storage) -> None:
    def work(number: int) -> int:
        with transaction(session_factory) as session:
            act(session, str(number))
        with transaction(session_factory) as session:
            return extend_chain(session, NOW).added

    with ThreadPoolExecutor(6) as pool:
        added = sum(pool.map(work, range(60)))
    with transaction(session_factory) as session:
        added += extend_chain(session, NOW).added
        assert added == 60
        assert session.scalar(select(func.count()).select_from(AuditQueue)) == 0
        assert session.scalars(select(AuditChain.number).order_by(AuditChain.number)).all() == list(range(1, 61))
        assert verify_chain(session, storage) == ChainReport(60)


@pytest.mark.parametrize(
    ("tamper", "first_bad", "problem"),
    [
        ("UPDATE audit_records SET actor = 'someone else' WHERE subject_id = '2'", 3, "was changed"),
        ("UPDATE audit_records SET after = '{\"price_pkr\": 2}' WHERE subject_id = '2'", 3, "was changed"),
        (
            "UPDATE audit_records SET recorded_at = recorded_at + interval '1 us' WHERE subject_id='0'",
            1,
            "was changed",
        ),
        ("UPDATE audit_chain SET digest = sha256('x') WHERE number = 4", 4, "was changed"),
        ("DELETE FROM audit_chain WHERE number = 2", 2, "link is missing"),
        ("UPDATE audit_chain SET number = number + 10 WHERE number > 3", 4, "link is missing"),
    ],
)
def test_tampering_is_named_by_the_first_bad_link(
    session: Session, storage: Storage, tamper: str, first_bad: int, problem: str
) -> None:
    chained(session, 5)
    without_triggers(session)
    session.execute(text(tamper))
    session.expire_all()
    report = verify_chain(session, storage)
    assert (report.verified, report.first_bad) == (first_bad - 1, first_bad)
    assert problem in (report.problem or "")


def test_record_that_was_swapped_for_another_is_named(session: Session, storage: Storage) -> None:
    chained(session, 4)
    swap: Callable[[str], object] = lambda statement: session.execute(text(statement))  # noqa: E731
    without_triggers(session)
    swap("ALTER TABLE audit_chain DROP CONSTRAINT uq_audit_chain_record_id")
    swap(
        "UPDATE audit_chain a SET record_id = b.record_id FROM audit_chain b"
        " WHERE (a.number, b.number) IN ((2, 3), (3, 2))"
    )
    session.expire_all()
    assert verify_chain(session, storage).first_bad == 2


def test_chain_does_not_depend_on_the_time_zone_of_the_connection(
    session_factory: SessionFactory, storage: Storage
) -> None:
    with transaction(session_factory) as session:
        chained(session, 3)
    with transaction(session_factory) as session:
        session.execute(text("SET LOCAL TIME ZONE 'Asia/Karachi'"))
        assert verify_chain(session, storage) == ChainReport(3)
