"""Open settings, database and storage together for a flow, and close them together."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from core.db.bound_login import require_bound_login
from core.db.database import open_database
from core.db.logins import Login
from core.db.migrate import require_head
from core.db.session import SessionFactory, make_session_factory
from core.errors import RetryableError
from core.settings import Settings, load_settings
from core.storage import Storage, open_storage


@dataclass(frozen=True)
class Platform:
    """The opened parts; `sessions` makes one session a unit of work (see `core.db.session.transaction`)."""

    settings: Settings
    sessions: SessionFactory
    storage: Storage


@contextmanager
def open_platform(
    settings: Settings | None = None,
    *,
    login: Login = Login.PIPELINES,
    require_database: bool = True,
    connections: int | None = None,
) -> Iterator[Platform]:
    """Open the parts that the settings name; the embedded PostgreSQL starts here and stops with its last user.

    A server that must come up whatever its database does passes `require_database=False` and answers for it later;
    one with a fixed number of threads passes that number as `connections`. `login` is that of the process: pipelines
    for commands, assets and loops, the application for the API.

    Raises:
        RetryableError: the database does not answer (`database_unreachable`).
        ConflictError: it is not at the schema of this code (`schema_not_at_head`).
        UnboundLoginError: it is to be opened for the application, with a login that policies do not bind.
        LoginMissingError: the settings name an outside database, but not this login of it.
    """
    settings = settings or load_settings()
    with open_database(settings, login=login, connections=connections) as engine:
        if login is Login.APPLICATION:
            require_bound_login(engine)
        if require_database:
            _require(engine)
        yield Platform(settings, make_session_factory(engine), open_storage(settings))


def _require(engine: Engine) -> None:
    try:
        require_head(engine)
    except OperationalError as error:
        reason = str(error.orig).strip().splitlines()[0]
        raise RetryableError(
            f"The database does not answer ({reason}); check DATABASE_URL or DATABASE_PIPELINES_URL.",
            code="database_unreachable",
        ) from error
