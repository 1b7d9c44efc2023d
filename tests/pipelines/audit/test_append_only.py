"""The tables of the trail are added to, and nothing else."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from core.storage import Storage
from pipelines.audit.verify import verify_chain
from tests.pipelines.audit.trails import act, built

CHANGES = [
    "UPDATE audit_records SET reason = 'better'",
    "UPDATE audit_records SET before = NULL",
    "UPDATE audit_chain SET digest = digest",
    "UPDATE audit_anchors SET content_digest = sha256('x')",
    "DELETE FROM audit_anchors",
    "DELETE FROM audit_chain WHERE number = 30",
    "DELETE FROM audit_records",
    "SET LOCAL automart.audit_removal = 'on'; UPDATE audit_records SET reason = 'better'",
    "SELECT audit_drop_through(10)",
]


def run(session: Session, change: str) -> None:
    for statement in change.split("; "):
        session.execute(text(statement))


@pytest.mark.parametrize("change", CHANGES)
def test_change_is_refused_by_the_database(session: Session, storage: Storage, change: str) -> None:
    built(session, storage)
    session.execute(text("RESET ROLE"))  # not even the administrator may, unless it disables the triggers
    attempt = session.begin_nested()
    with pytest.raises(ProgrammingError) as caught:
        run(session, change)
    assert getattr(caught.value.orig, "sqlstate", None) == "42501"
    attempt.rollback()
    assert verify_chain(session, storage).finding is None


def test_a_role_that_may_add_may_not_change_or_drop(session: Session, storage: Storage) -> None:
    built(session, storage)
    session.execute(text("RESET ROLE"))
    session.execute(text("CREATE ROLE trail_writer"))
    session.execute(text("GRANT USAGE ON SCHEMA public TO trail_writer"))
    session.execute(text("GRANT INSERT ON audit_records TO trail_writer"))
    session.execute(text("ALTER TABLE audit_records DISABLE ROW LEVEL SECURITY"))  # of what policies say, not of rights
    session.execute(text("SET LOCAL ROLE trail_writer"))
    act(session, 31)
    for change in [*CHANGES, "TRUNCATE audit_records CASCADE", "SELECT audit_drop_anchors('{head}', '{30}')"]:
        attempt = session.begin_nested()
        with pytest.raises(ProgrammingError):
            run(session, change)
        attempt.rollback()
    session.execute(text("RESET ROLE"))
