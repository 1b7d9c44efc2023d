"""Refuse logins that row policies do not bind, for processes that answer strangers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Engine, event
from sqlalchemy.exc import OperationalError

from core.errors import ConflictError

if TYPE_CHECKING:
    from psycopg import Connection

# Asked of the login itself, not of the role of the moment: whoever may SET ROLE or RESET ROLE is not bound either.
_UNBOUND = """
SELECT string_agg(DISTINCT why, ', ') FROM (
  SELECT CASE WHEN r.rolsuper THEN 'a superuser' WHEN r.rolbypassrls THEN 'exempt from row security'
    WHEN r.rolcreaterole THEN 'allowed to make roles' WHEN r.rolreplication THEN 'allowed to copy the server'
    ELSE 'allowed to use files and programs of the server' END AS why
  FROM pg_roles r WHERE pg_has_role(session_user, r.oid, 'MEMBER') AND (
    r.rolsuper OR r.rolbypassrls OR r.rolcreaterole OR r.rolreplication
    OR r.rolname IN ('pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files'))
  UNION ALL
  SELECT 'the owner of tables' FROM pg_class c
  WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
    AND pg_has_role(session_user, c.relowner, 'MEMBER')
) found
"""


class UnboundLoginError(ConflictError):
    """The login of DATABASE_URL sees and changes rows whatever the policies say."""

    code = "login_is_not_bound"

    def __init__(self, reasons: str) -> None:
        super().__init__(
            f"The API does not start with this login of DATABASE_URL, since policies do not bind it: it is {reasons}. "
            "Use the login automart_api; `automart db roles` makes it."
        )


def bind_connections(engine: Engine) -> None:
    """Make every new connection of the engine check its login first; one that policies do not bind is closed.

    Raises (whoever connects):
        UnboundLoginError: the login, or a role that it may take on, is exempt from policies.
    """

    @event.listens_for(engine, "connect")
    def check(connection: Connection[tuple[str | None]], _record: object) -> None:
        with connection.cursor() as cursor:
            found = cursor.execute(_UNBOUND).fetchone()
        connection.rollback()
        if found is not None and found[0] is not None:
            connection.close()
            raise UnboundLoginError(found[0])


def require_bound_login(engine: Engine) -> None:
    """Connect once, for a refusal at the start; a database that does not answer is left to the first request.

    Raises:
        UnboundLoginError: see `bind_connections`.
    """
    try:
        engine.connect().close()
    except OperationalError:
        return
