"""Engines and sessions. Repositories take a `Session` and never commit: the edge that opened it does."""

import select
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Final

from psycopg import Connection, Cursor, Error
from sqlalchemy import Connection as SaConnection
from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry

__all__ = ["Session", "SessionFactory", "Transaction", "make_engine", "make_session_factory", "transaction"]

SessionFactory = sessionmaker[Session]
Transaction = Callable[[], AbstractContextManager[Session]]
"""Opens a unit of work of one's own, which is committed at the end of its block."""


_LOST: Final = (
    "-c client_connection_check_interval=2s"
    " -c tcp_keepalives_idle=20 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3"
)
"""Let the server end the transaction of a process that was killed within a statement (2 s), or whose machine is
gone (50 s; its own default is two hours): until then what the process had locked would stay locked."""
_WAITING: Final = "statement that runs before the next one"
_POOL_TIMEOUT = 10.0
"""Seconds that a thread waits for a connection. With a connection for each thread it never does."""


def make_engine(url: str, *, connections: int | None = None) -> Engine:
    """Make an engine for a plain `postgresql://` address, whatever driver its writer had in mind.

    Args:
        url: the address.
        connections: the most that are open at once, for a process with a fixed number of threads; by default
            SQLAlchemy's own pool.
    """
    parsed = make_url(url).set(drivername="postgresql+psycopg")
    pool = {} if connections is None else {"pool_size": connections, "max_overflow": 0, "pool_timeout": _POOL_TIMEOUT}
    given = parsed.query.get("options", "")
    options = " ".join((_LOST, given if isinstance(given, str) else " ".join(given))).strip()
    engine = create_engine(parsed, connect_args={"connect_timeout": 10, "options": options}, **pool)
    event.listen(engine, "checkout", _begin_anew)
    event.listen(engine, "before_cursor_execute", _run_waiting)
    return engine


def before_next(session: Session, statement: str, given: Mapping[str, str]) -> None:
    """Have a statement for the driver run before the next one of the transaction; not at all where it ends before.

    It must change nothing that outlives the transaction. `forget_waiting` takes it back.
    """
    connection = session.connection()
    if event.contains(connection.engine, "before_cursor_execute", _run_waiting):
        connection.info[_WAITING] = (statement, given)
    else:  # another engine than `make_engine` makes
        connection.exec_driver_sql(statement, given)


def forget_waiting(session: Session) -> None:
    """Take the statement of `before_next` back: another one takes its place."""
    session.connection().info.pop(_WAITING, None)


def _run_waiting(connection: SaConnection, cursor: Cursor, statement: str, *_: object) -> None:
    waiting = connection.info.get(_WAITING)
    if waiting is not None and not statement.startswith("ROLLBACK"):  # in a failed transaction nothing else is possible
        del connection.info[_WAITING]
        cursor.connection.execute(*waiting)


def _begin_anew(connection: Connection, record: ConnectionPoolEntry, _proxy: object) -> None:
    record.info.pop(_WAITING, None)
    _refuse_lost(connection)


def _refuse_lost(connection: Connection) -> None:
    """Have the pool connect anew where the server has ended a connection meanwhile.

    A server that goes away closes its connections, which their sockets tell without a trip to it. Whether it is that,
    or a notice that came while nobody listened, only a trip can tell.
    """
    try:
        quiet = select.poll()
        quiet.register(connection.fileno(), select.POLLIN)
        if quiet.poll(0):
            connection.rollback()  # ends the transaction of the trip, and takes no trip of its own where there is none
            connection.execute("SELECT 1")
            connection.rollback()
    except Error as error:
        raise InvalidatePoolError from error


def make_session_factory(engine: Engine) -> SessionFactory:
    """Make a factory of sessions whose objects stay readable after the commit."""
    return sessionmaker(engine, expire_on_commit=False)


@contextmanager
def transaction(factory: SessionFactory) -> Iterator[Session]:
    """Run one unit of work: commit at the end, roll back on any error."""
    with factory() as session, session.begin():
        yield session
