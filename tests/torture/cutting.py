"""Cut connections to PostgreSQL at a commit: just before it, so that nothing stands, or just after, so that all does.

Whoever asked knows neither which of the two it was.
"""

import os
import socket
from typing import Any, Literal

import psycopg
from sqlalchemy import Engine

When = Literal["before", "after"]


def cut_at_commit(engine: Engine, when: When, number: int) -> None:
    """Let commit number `number` of an engine find its connection cut; those before and after it are left alone."""
    dialect, left, commit = engine.dialect, [number], engine.dialect.do_commit

    def do_commit(connection: Any) -> None:
        left[0] -= 1
        if left[0] != 0:
            commit(connection)
            return
        if when == "after":
            commit(connection)
        with socket.socket(fileno=os.dup(connection.driver_connection.pgconn.socket)) as line:
            line.shutdown(socket.SHUT_RDWR)
        if when == "before":
            commit(connection)
        raise psycopg.OperationalError("the connection was cut after the commit")

    dialect.do_commit = do_commit  # type: ignore[method-assign]
