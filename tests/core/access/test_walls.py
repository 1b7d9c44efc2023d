"""Every table and function of the database has its walls, and the application's login is bound by them."""

import re

import psycopg
import pytest
from sqlalchemy import Engine, text

from core.access.policies import TableAccess, of_visible
from core.db.bound_login import UnboundLoginError, bind_connections
from core.db.logins import Login, login_url
from core.db.session import make_engine
from core.db.walls import declared_access, declared_functions

NOT_OURS = {"alembic_version": "the migrations' own"}
"""Tables without declared access. A new table declares its own in `policies.py` of its domain's folder."""
DECLARED = {each.table: each for each in declared_access()}
TENANT_COLUMN = re.compile(r"^(\w+) = (?:ANY|\(SELECT nullif\(current_setting\('automart\.person')")


def asked(engine: Engine, question: str) -> list[tuple[object, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(question))]


def test_every_table_is_behind_forced_policies_or_says_why_not(admin_engine: Engine) -> None:
    """A table that is missing here has no row policy: declare it with a kind of `core.access.policies`."""
    tables = asked(
        admin_engine,
        "SELECT relname, relrowsecurity AND relforcerowsecurity FROM pg_class"
        " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')",
    )
    assert {str(name) for name, _ in tables} == set(DECLARED) | set(NOT_OURS)
    walled = {str(name) for name, walled in tables if walled}
    assert walled == {name for name, each in DECLARED.items() if each.unrestricted is None}


def test_views_work_with_the_rights_of_their_reader(admin_engine: Engine) -> None:
    views = asked(
        admin_engine,
        "SELECT relname, coalesce('security_invoker=true' = ANY(reloptions), false), relkind::text FROM pg_class"
        " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('v', 'm', 'f')",
    )
    # Row security does not hold in materialised views and foreign tables, so there are none.
    assert [(name, invoker, kind) for name, invoker, kind in views if not invoker or kind != "v"] == []


def test_functions_with_the_owners_rights_are_declared_and_narrow(admin_engine: Engine) -> None:
    found = asked(
        admin_engine,
        "SELECT p.oid::regprocedure::text, proconfig::text LIKE '%search_path=pg_catalog, public, pg_temp%',"
        f" pg_get_userbyid(proowner) = '{Login.OWNER}',"
        " EXISTS (SELECT FROM aclexplode(proacl) a WHERE a.grantee = 0),"
        f" has_function_privilege('{Login.APPLICATION}', p.oid, 'EXECUTE')"
        " FROM pg_proc p WHERE pronamespace = 'public'::regnamespace AND prosecdef",
    )
    expected = {
        (each.signature.replace("timestamptz", "timestamp with time zone").replace(", ", ","), each.for_api)
        for each in declared_functions()
    }
    assert {(name, for_api) for name, *_, for_api in found} == expected
    assert [row for row in found if row[1:4] != (True, True, False)] == []


def test_policies_are_the_declared_ones_and_bind_the_application(admin_engine: Engine) -> None:
    present = asked(admin_engine, "SELECT tablename, policyname, cmd, roles::text, permissive FROM pg_policies")
    assert {row[:3] for row in present} == {
        (each.table, policy.name, policy.command) for each in DECLARED.values() for policy in each.policies
    }
    assert {row[3:] for row in present} == {(f"{{{Login.APPLICATION}}}", "PERMISSIVE")}


def test_application_has_the_declared_privileges_and_no_others(admin_engine: Engine) -> None:
    found = asked(
        admin_engine,
        "SELECT c.relname, p FROM pg_class c, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE',"
        " 'REFERENCES', 'TRIGGER', 'MAINTAIN']) p WHERE c.relnamespace = 'public'::regnamespace"
        f" AND c.relkind IN ('r', 'p', 'v', 'm') AND has_table_privilege('{Login.APPLICATION}', c.oid, p)",
    )
    whole = {
        (name, command)
        for name, each in DECLARED.items()
        for command in re.sub(r"\w+ \([^)]*\)", "", each.api).replace(" ", "").split(",")
        if command
    }
    assert set(found) == whole | {("alembic_version", "SELECT")}


@pytest.mark.parametrize("access", DECLARED.values(), ids=lambda access: access.table)
def test_each_privilege_of_the_application_has_a_policy(access: TableAccess) -> None:
    granted = set(re.findall(r"[A-Z]+", re.sub(r"\([^)]*\)", "", access.api)))
    commands = {policy.command for policy in access.policies}
    if access.unrestricted is None:
        assert granted == set() or "ALL" in commands or granted <= commands, access.table
    reach = [
        each for each in access.policies if not each.name.startswith(("own_", "of_own_", "of_visible_", "dealers"))
    ]
    assert all(each.reason for each in reach), "a policy that reaches beyond the caller's own rows says why"


def test_tenants_columns_lead_an_index(admin_engine: Engine) -> None:
    led = set(
        asked(
            admin_engine,
            "SELECT c.relname, a.attname FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid"
            " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]"
            " WHERE c.relnamespace = 'public'::regnamespace",
        )
    )
    read = [
        (each.table, match[1])
        for each in DECLARED.values()
        for policy in each.policies
        if policy.command in ("ALL", "SELECT") and (match := TENANT_COLUMN.match(policy.condition))
    ]
    assert len(read) > 10
    assert [pair for pair in read if pair not in led] == []


def test_column_of_another_table_is_written_with_its_table() -> None:
    with pytest.raises(ValueError, match="name of its table"):
        of_visible("memberships", "id", key="user_id")


@pytest.mark.parametrize("login", [None, Login.OWNER, Login.PIPELINES])
def test_login_that_policies_do_not_bind_is_refused(database_url: str, login: Login | None) -> None:
    engine = make_engine(database_url if login is None else login_url(database_url, login))
    bind_connections(engine)
    with pytest.raises(UnboundLoginError):
        engine.connect()


@pytest.mark.parametrize("way", ["options", "membership"])
def test_login_that_could_shed_its_role_is_refused(database_url: str, admin_engine: Engine, way: str) -> None:
    """A superuser that begins as the application, and the application when it may become the owner."""
    url = login_url(database_url, Login.APPLICATION)
    with admin_engine.connect() as connection:
        if way == "options":
            url = f"{database_url}&options=-c%20role%3D{Login.APPLICATION}"
        else:
            connection.execute(text("CREATE ROLE a_stranger LOGIN"))
            connection.execute(text(f"GRANT {Login.OWNER} TO a_stranger"))
            connection.commit()
            url = url.replace(f"//{Login.APPLICATION}", "//a_stranger")
        engine = make_engine(url)
        bind_connections(engine)
        try:
            with pytest.raises(UnboundLoginError):
                engine.connect()
        finally:
            connection.execute(text("DROP ROLE IF EXISTS a_stranger"))
            connection.commit()


def test_application_is_bound_and_cannot_become_another(database_url: str, admin_engine: Engine) -> None:
    roles = asked(
        admin_engine,
        "SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication FROM pg_roles"
        " WHERE rolname LIKE 'automart\\_%' ORDER BY rolname",
    )
    assert roles == [
        (Login.APPLICATION, False, False, False, False, False),
        (Login.OWNER, False, True, False, False, False),
        (Login.PIPELINES, False, True, False, False, False),
    ]
    with psycopg.connect(login_url(database_url, Login.APPLICATION), autocommit=True) as connection:
        connection.execute("RESET ROLE")
        connection.execute("RESET SESSION AUTHORIZATION")
        assert connection.execute("SELECT current_user").fetchone() == (Login.APPLICATION,)
        for statement in (
            f"SET ROLE {Login.OWNER}",
            f"SET ROLE {Login.PIPELINES}",
            f"SET SESSION AUTHORIZATION {Login.OWNER}",
            "ALTER TABLE listings DISABLE ROW LEVEL SECURITY",
            "ALTER TABLE listings NO FORCE ROW LEVEL SECURITY",
            "DROP POLICY public_listings ON listings",
            "CREATE TABLE mine (id int)",
            f"ALTER ROLE {Login.APPLICATION} BYPASSRLS",
            "SELECT count(*) FROM outbox_events",
            "SET session_replication_role = replica",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)  # type: ignore[call-overload]  # one of the above


def test_reading_past_policies_is_an_error_and_no_smaller_answer(database_url: str) -> None:
    """So a dump by the wrong login fails; the owner's is whole."""
    with psycopg.connect(login_url(database_url, Login.APPLICATION), autocommit=True) as connection:
        connection.execute("SET row_security = off")
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
            connection.execute("SELECT count(*) FROM listings")
    with psycopg.connect(login_url(database_url, Login.OWNER), autocommit=True) as connection:
        connection.execute("SET row_security = off")
        connection.execute("SELECT count(*) FROM listings")


def test_copy_is_the_pipelines_and_refused_to_the_application(database_url: str) -> None:
    copy = "COPY market_index FROM STDIN"
    with (
        psycopg.connect(login_url(database_url, Login.APPLICATION)) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(copy)
    with psycopg.connect(login_url(database_url, Login.PIPELINES)) as connection:
        with connection.cursor().copy(copy):
            pass
        connection.rollback()
