"""The schema as migrated is the schema as declared, and the sessions do what they promise."""

import pytest
from alembic import command
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from core.db.migrate import _config, head_revision, require_head, upgrade_to_head
from core.db.session import SessionFactory, transaction
from core.db.tables import Org
from core.errors import RetryableError


def test_migrations_end_in_the_declared_tables(engine: Engine) -> None:
    with engine.connect() as connection:
        command.check(_config(connection))


def test_migrating_twice_changes_nothing(admin_engine: Engine) -> None:
    upgrade_to_head(admin_engine)
    require_head(admin_engine)
    assert head_revision() is not None


def test_marketplace_exists_from_the_first_day(session: Session) -> None:
    assert session.scalars(select(Org.code)).all() == ["classifieds"]


def test_failed_unit_of_work_leaves_nothing(session_factory: SessionFactory) -> None:
    def fail_halfway() -> None:
        with transaction(session_factory) as session:
            session.add(Org(code="khan-motors", name="Khan Motors"))
            session.flush()
            raise RetryableError("the machine goes down here")

    with pytest.raises(RetryableError):
        fail_halfway()
    with transaction(session_factory) as session:
        assert session.scalar(select(Org).where(Org.code == "khan-motors")) is None
