"""Write the declared policies and grants into the database, after the last migration.

They stand in the domains' folders (`policies.py`), not in migrations: what holds is read in one place, and a new table
brings its own declaration. What was written last is known by its digest, so nothing is done while nothing changed.
Each table is changed in a transaction of its own: a lock of all tables at once would stop every reader, and one that
is not had within the limit of migrations fails, to be tried again.
"""

from collections.abc import Iterator
from hashlib import sha256
from itertools import pairwise

from sqlalchemy import Connection, text

from core.access.policies import EVERYTHING, DefinerFunction, Policy, TableAccess
from core.db.logins import Login
from core.errors import ConflictError
from core.gathering import gather

_PACKAGES = ("core", "serving")
_MODULE = "policies"
# The schema's comment names what was written; a dump carries it with the policies themselves.
_WRITTEN = text("SELECT obj_description('public'::regnamespace, 'pg_namespace')")
_LOGINS = text("SELECT count(*) FROM pg_roles WHERE rolname = ANY(:names)")
_PRESENT = text("SELECT policyname FROM pg_policies WHERE schemaname = 'public' AND tablename = :table")


class LoginsMissingError(ConflictError):
    """The server has not got the logins that grants and policies are for."""

    code = "logins_missing"

    def __init__(self) -> None:
        super().__init__(
            "The server has no logins automart_owner, automart_api and automart_pipelines: have an administrator run "
            "what `automart db roles` prints, then run `automart db upgrade` again."
        )


def declared_access() -> tuple[TableAccess, ...]:
    """Return the access to every table, as declared, by the table's name.

    Raises:
        ValueError: a table is declared twice.
    """
    found = sorted((each for package in _PACKAGES for each in gather(package, _MODULE, TableAccess)), key=_name)
    doubled = {one.table for one, other in pairwise(found) if one.table == other.table}
    if doubled:
        raise ValueError(f"Declared twice: the access to {', '.join(sorted(doubled))}.")
    return tuple(found)


def declared_functions() -> tuple[DefinerFunction, ...]:
    """Return the functions that work with the owner's rights, as declared."""
    return tuple(each for package in _PACKAGES for each in gather(package, _MODULE, DefinerFunction))


def write_walls(connection: Connection) -> None:
    """Bring policies and grants to what is declared; the connection's login must own the tables.

    Raises:
        LoginsMissingError: the server has not got the logins.
    """
    declared = declared_access()
    statements = [_common_statements(), *(list(_table_statements(each)) for each in declared)]
    digest = f"walls {sha256(repr(statements).encode()).hexdigest()}"
    if connection.scalar(_WRITTEN) == digest:
        return
    if connection.scalar(_LOGINS, {"names": [str(login) for login in Login]}) != len(Login):
        raise LoginsMissingError
    _run(connection, statements[0])
    for each, wanted in zip(declared, statements[1:], strict=True):
        present = connection.scalars(_PRESENT, {"table": each.table}).all()
        _run(connection, [*(f'DROP POLICY "{name}" ON {each.table}' for name in present), *wanted])
    _run(connection, [f"COMMENT ON SCHEMA public IS '{digest}'"])


def _run(connection: Connection, statements: list[str]) -> None:
    for statement in statements:
        connection.exec_driver_sql(statement)
    connection.commit()


def _common_statements() -> list[str]:
    both = f"{Login.APPLICATION}, {Login.PIPELINES}"
    statements = [
        "REVOKE ALL ON SCHEMA public FROM PUBLIC",
        f"GRANT USAGE ON SCHEMA public TO {both}",
        # Until its access is declared, a new table is the pipelines' alone.
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT {EVERYTHING} ON TABLES TO {Login.PIPELINES}",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {Login.PIPELINES}",  # views too
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {Login.PIPELINES}",
        f"GRANT SELECT ON alembic_version TO {both}",  # is the schema at head?
    ]
    for function in declared_functions():
        statements.append(f"REVOKE ALL ON FUNCTION {function.signature} FROM PUBLIC, {both}")
        if function.for_api or function.for_pipelines:
            callers = both if function.for_api else Login.PIPELINES
            statements.append(f"GRANT EXECUTE ON FUNCTION {function.signature} TO {callers}")
    return statements


def _table_statements(access: TableAccess) -> Iterator[str]:
    switch = "DISABLE" if access.unrestricted else "ENABLE"
    force = "NO FORCE" if access.unrestricted else "FORCE"
    yield f"ALTER TABLE {access.table} {switch} ROW LEVEL SECURITY, {force} ROW LEVEL SECURITY"
    yield f"REVOKE ALL ON {access.table} FROM PUBLIC, {Login.APPLICATION}, {Login.PIPELINES}"
    if access.api:
        yield f"GRANT {access.api} ON {access.table} TO {Login.APPLICATION}"
    # MAINTAIN is for the ANALYZE after an import.
    yield f"GRANT {access.pipelines}, MAINTAIN ON {access.table} TO {Login.PIPELINES}"
    for policy in access.policies:
        yield _policy_statement(access.table, policy)


def _policy_statement(table: str, policy: Policy) -> str:
    using = "" if policy.command == "INSERT" else f" USING ({policy.condition})"
    check = "" if policy.command in ("SELECT", "DELETE") else f" WITH CHECK ({policy.condition})"
    return f"CREATE POLICY {policy.name} ON {table} FOR {policy.command} TO {Login.APPLICATION}{using}{check}"


def _name(access: TableAccess) -> str:
    return access.table
