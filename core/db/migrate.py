"""Bring a database to the newest schema.

A migration waits at most 4 seconds for a lock: a change that cannot have its lock fails and is tried again later,
instead of queueing every reader and writer behind it. No statement of it takes longer than a minute, since it may hold
such a lock: what takes longer (filling a column of a large table) is done in parts, by a loop or a command. Two
processes that start together take turns.
"""

from datetime import datetime
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import Script, ScriptDirectory
from sqlalchemy import Connection, Engine, text

from core.db.walls import write_walls
from core.errors import ConflictError

_MIGRATION_LOCK = 7_301_110  # any number that no other advisory lock uses
_REVISION = "%Y_%m_%d_%H%M"


def upgrade_to_head(engine: Engine) -> None:
    """Apply the missing migrations, then the declared policies and grants; nothing happens where both are there.

    Raises:
        LoginsMissingError: the server has not got the logins that grants are for.
    """
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _MIGRATION_LOCK})
        try:
            connection.execute(text("SET lock_timeout = '4s'"))
            connection.execute(text("SET statement_timeout = '60s'"))
            connection.commit()
            if _current(connection) != head_revision():
                command.upgrade(_config(connection), "head")
                connection.commit()
            write_walls(connection)
        finally:
            connection.rollback()
            connection.execute(text("RESET statement_timeout"))
            connection.execute(text("RESET lock_timeout"))
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _MIGRATION_LOCK})
            connection.commit()


def require_head(engine: Engine) -> None:
    """Raise ConflictError (`schema_not_at_head`) unless the database is at the newest schema."""
    with engine.connect() as connection:
        current = _current(connection)
    if current != head_revision():
        raise ConflictError(
            f"The database is at schema {current}, this code needs {head_revision()}: run `automart db upgrade`.",
            code="schema_not_at_head",
        )


def head_revision() -> str | None:
    """Return the newest revision that this code carries."""
    return ScriptDirectory.from_config(_config(None)).get_current_head()


def write_migration(engine: Engine, message: str, at: datetime) -> Path:
    """Write a migration of what the declared tables have and the database has not; its file, named by the moment."""
    with engine.connect() as connection:
        written = command.revision(
            _config(connection), message, autogenerate=True, rev_id=at.strftime(_REVISION), splice=False
        )
    if not isinstance(written, Script):
        raise TypeError("Alembic wrote no single migration.")
    return Path(written.path)


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _config(connection: Connection | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["connection"] = connection
    return config
