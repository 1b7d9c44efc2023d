"""Wait for notifications of the database, or for a while where its connection is lost."""

import time
from typing import Final

import psycopg
from psycopg import sql
from sqlalchemy import Engine, PoolProxiedConnection
from sqlalchemy.exc import SQLAlchemyError

_FAILURES: Final = (psycopg.Error, SQLAlchemyError, OSError)


class Listener:
    """Listens on one channel, on a connection of its own; opens it again whenever it was lost.

    A notification may come late or never: whoever waits looks after every wait, whatever ended it.
    """

    def __init__(self, engine: Engine, channel: str) -> None:
        self._engine, self._channel = engine, channel
        self._held: PoolProxiedConnection | None = None

    def wait(self, seconds: float) -> None:
        """Wait for a notification, at most the given seconds."""
        until = time.monotonic() + seconds
        try:
            connection = self._connected()
            for _ in connection.notifies(timeout=seconds, stop_after=1):
                return
        except _FAILURES:
            self.close()
            time.sleep(max(0.0, until - time.monotonic()))

    def close(self) -> None:
        """Give the connection up."""
        held, self._held = self._held, None
        if held is not None:
            held.invalidate()

    def _connected(self) -> "psycopg.Connection[tuple[object, ...]]":
        if self._held is None:
            held = self._engine.raw_connection()
            self._held = held
            fresh = held.driver_connection
            assert isinstance(fresh, psycopg.Connection)  # noqa: S101  (says so to the type checker)
            fresh.autocommit = True
            fresh.execute(sql.SQL("LISTEN {}").format(sql.Identifier(self._channel)))
        connection = self._held.driver_connection
        assert isinstance(connection, psycopg.Connection)  # noqa: S101
        return connection
