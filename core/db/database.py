"""The database that the settings name: configured, or embedded and migrated."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from pydantic import SecretStr
from sqlalchemy import Engine, make_url

from core.db.bound_login import bind_connections, require_bound_login
from core.db.embedded import embedded_postgres
from core.db.logins import Login, login_url
from core.db.migrate import upgrade_to_head
from core.db.session import make_engine
from core.errors import InvalidInputError
from core.settings import Settings

_SETTING: Final = {
    Login.OWNER: "database_owner_url",
    Login.APPLICATION: "database_url",
    Login.PIPELINES: "database_pipelines_url",
}


class LoginMissingError(InvalidInputError):
    """The settings name an outside database, and not the login that this process works with."""

    code = "database_login_missing"

    def __init__(self, setting: str) -> None:
        super().__init__(
            f"The settings name an outside database, and this process needs {setting}: see `automart db roles`."
        )


@contextmanager
def open_database(
    settings: Settings, *, login: Login = Login.PIPELINES, connections: int | None = None
) -> Iterator[Engine]:
    """Open an engine on a database at the newest schema, for as long as the block lasts.

    `connections` bounds the pool (see `make_engine`). Connections of the application check that policies bind them.

    A configured database is migrated by its operators (`automart db upgrade`), never by a process that happens to
    start; the embedded one belongs to nobody else and is brought to head here.

    Raises:
        LoginMissingError: the settings name an outside database, but not this login of it.
    """
    if settings.has_outside_database:
        with _opened(configured_url(settings, login), login, connections) as engine:
            yield engine
        return
    with embedded_postgres(settings.postgres_dir) as url:
        with _opened(login_url(url, Login.OWNER), Login.OWNER, 1) as owner:
            upgrade_to_head(owner)
        with _opened(login_url(url, login), login, connections) as engine:
            yield engine


class OtherLoginError(InvalidInputError):
    """An address names another login than the one that its setting is for."""

    code = "other_login"

    def __init__(self, setting: str, login: Login) -> None:
        super().__init__(f"{setting} must name the login {login}: grants and policies are written to these names.")


class OwnerKnownError(InvalidInputError):
    """A process that answers strangers was given the login that owns the tables."""

    code = "owner_login_known"

    def __init__(self) -> None:
        super().__init__(
            "The API does not start while DATABASE_OWNER_URL is set: whoever takes the process over would own the "
            "tables. Give that setting to `automart db upgrade` alone."
        )


def check_application_login(settings: Settings) -> None:
    """Refuse settings with which the API would be exempt from policies. A database that is away is not asked.

    Raises:
        OwnerKnownError, LoginMissingError: as they say. UnboundLoginError: see `core.db.bound_login`.
    """
    if settings.database_owner_url is not None:
        raise OwnerKnownError
    if settings.has_outside_database:
        with _opened(configured_url(settings, Login.APPLICATION), Login.APPLICATION, 1) as engine:
            require_bound_login(engine)


def configured_url(settings: Settings, login: Login) -> str:
    """Return the address that the settings give for a login of an outside database.

    Raises:
        LoginMissingError: they give none.
    """
    given: SecretStr | None = getattr(settings, _SETTING[login])
    if given is None:
        raise LoginMissingError(_SETTING[login].upper())
    return given.get_secret_value()


def configured_passwords(settings: Settings) -> dict[Login, str]:
    """Return the passwords of the logins whose addresses the settings give.

    Raises:
        OtherLoginError: an address names another login than the one that its setting is for.
    """
    found = {}
    for login, setting in _SETTING.items():
        given: SecretStr | None = getattr(settings, setting)
        if given is None:
            continue
        url = make_url(given.get_secret_value())
        if url.username != login:
            raise OtherLoginError(setting.upper(), login)
        if url.password:
            found[login] = url.password
    return found


@contextmanager
def _opened(url: str, login: Login, connections: int | None) -> Iterator[Engine]:
    engine = make_engine(url, connections=connections)
    if login is Login.APPLICATION:
        bind_connections(engine)
    try:
        yield engine
    finally:
        engine.dispose()
