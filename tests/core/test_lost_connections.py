"""A pooled connection that its server has ended is made anew; one that merely holds a notice is kept."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, select, text

from core.db.session import SessionFactory, make_engine, make_session_factory, transaction
from core.db.tables import Org

_SELF = text("SELECT pg_backend_pid()")


@pytest.fixture
def pooled(database_url: str) -> Iterator[SessionFactory]:
    engine: Engine = make_engine(database_url, connections=1)
    yield make_session_factory(engine)
    engine.dispose()


def _backend(sessions: SessionFactory) -> int:
    with transaction(sessions) as session:
        return int(session.scalars(_SELF).one())


def test_transaction_after_the_server_ended_the_connection_works(pooled: SessionFactory, admin_engine: Engine) -> None:
    before = _backend(pooled)
    with admin_engine.connect() as other:  # waits until it has ended, at most two seconds
        assert other.scalar(text("SELECT pg_terminate_backend(:pid, 2000)"), {"pid": before})
    with transaction(pooled) as session:
        assert session.scalars(select(Org.code)).all() == ["classifieds"]
    assert _backend(pooled) != before


def test_connection_with_a_notice_is_kept(pooled: SessionFactory, admin_engine: Engine) -> None:
    with transaction(pooled) as session:
        session.execute(text("LISTEN test_of_lost_connections"))
    before = _backend(pooled)
    with admin_engine.begin() as other:
        other.execute(text("NOTIFY test_of_lost_connections"))
    assert _backend(pooled) == before
