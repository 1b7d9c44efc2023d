"""The database that the settings name: configured, or embedded and migrated."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine

from core.db.embedded import embedded_postgres
from core.db.migrate import upgrade_to_head
from core.db.session import make_engine
from core.settings import Settings


@contextmanager
def open_database(settings: Settings, *, connections: int | None = None) -> Iterator[Engine]:
    """Open an engine on a database at the newest schema, for as long as the block lasts.

    `connections` bounds the pool (see `make_engine`).

    A configured database is migrated by its operators (`automart db upgrade`), never by a process that happens to
    start; the embedded one belongs to nobody else and is brought to head here.
    """
    if settings.database_url is not None:
        engine = make_engine(settings.database_url.get_secret_value(), connections=connections)
        try:
            yield engine
        finally:
            engine.dispose()
        return
    with embedded_postgres(settings.postgres_dir) as url:
        engine = make_engine(url, connections=connections)
        try:
            upgrade_to_head(engine)
            yield engine
        finally:
            engine.dispose()
