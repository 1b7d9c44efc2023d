"""The database of a sweep."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine

from core.db.migrate import upgrade_to_head
from core.db.session import make_engine


@contextmanager
def migrated(url: str) -> Iterator[Engine]:
    """Open the database with every table in it; a sweep that fails leaves no connection open for the next test."""
    engine = make_engine(url)
    try:
        upgrade_to_head(engine)
        yield engine
    finally:
        engine.dispose()
