"""Sessions on the tests' database that leave nothing behind."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine
from sqlalchemy.orm import Session


@contextmanager
def rolled_back(engine: Engine) -> Iterator[Session]:
    """Open a session whose commits are savepoints of a transaction that is rolled back at the end."""
    with engine.connect() as connection, connection.begin() as outer:
        with Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as session:
            yield session
        outer.rollback()
