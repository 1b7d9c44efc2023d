"""Engines and sessions. Repositories take a `Session` and never commit: the edge that opened it does."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, create_engine, make_url
from sqlalchemy.orm import Session, sessionmaker

__all__ = ["Session", "SessionFactory", "make_engine", "make_session_factory", "transaction"]

SessionFactory = sessionmaker[Session]


def make_engine(url: str) -> Engine:
    """An engine for a plain `postgresql://` address, whatever driver its writer had in mind."""
    parsed = make_url(url).set(drivername="postgresql+psycopg")
    return create_engine(parsed, pool_pre_ping=True, connect_args={"connect_timeout": 10})


def make_session_factory(engine: Engine) -> SessionFactory:
    """Sessions whose objects stay readable after the commit."""
    return sessionmaker(engine, expire_on_commit=False)


@contextmanager
def transaction(factory: SessionFactory) -> Iterator[Session]:
    """One unit of work: commit at the end, roll back on any error."""
    with factory() as session, session.begin():
        yield session
