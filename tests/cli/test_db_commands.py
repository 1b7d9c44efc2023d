"""An outside server gets its logins by one printed statement, and the schema by an owner who is no superuser."""

import base64
import re

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url
from typer.testing import CliRunner

from cli.app import app
from core.db.logins import Login, login_url, roles_statement, scram_verifier
from core.db.session import make_engine
from core.errors import InvalidInputError


def test_printed_statement_carries_no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://automart_api:open-sesame@db/automart")
    done = CliRunner().invoke(app, ["db", "roles"])
    assert done.exit_code == 0, done.output
    assert "open-sesame" not in done.output
    assert len(re.findall(r"PASSWORD 'SCRAM-SHA-256\$4096:", done.output)) == 1
    assert done.output.count("automart_api") > 2


def test_address_with_another_login_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://postgres:secret@db/automart")
    done = CliRunner().invoke(app, ["db", "roles"])
    assert done.exit_code == 2
    assert "automart_api" in done.output
    assert "secret" not in done.output


def test_verifier_is_that_of_postgresql(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("CREATE ROLE verified PASSWORD 'open sesame'")
        row = connection.execute("SELECT rolpassword FROM pg_authid WHERE rolname = 'verified'").fetchone()
        connection.rollback()
    assert row is not None
    salt = re.fullmatch(r"SCRAM-SHA-256\$4096:([^$]+)\$.*", row[0])
    assert salt is not None
    assert scram_verifier("open sesame", base64.b64decode(salt[1])) == row[0]
    with pytest.raises(InvalidInputError):
        scram_verifier("پاس ورڈ")


def test_owner_who_is_no_superuser_upgrades_a_database_that_another_made(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The path of a server that is taken over: tables made by a superuser become the owner's."""
    name = f"taken_over_{make_url(database_url).database}"
    url = make_url(database_url).set(database=name).render_as_string(hide_password=False)
    with psycopg.connect(database_url, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            with psycopg.connect(url, autocommit=True) as inside:
                inside.execute("CREATE TABLE earlier (id int)")
                inside.execute(roles_statement().encode())
                inside.execute(roles_statement().encode())  # again changes nothing
                owner = inside.execute("SELECT tableowner FROM pg_tables WHERE tablename = 'earlier'").fetchone()
                assert owner == (Login.OWNER,)
                inside.execute("DROP TABLE earlier")
            monkeypatch.setenv("DATABASE_OWNER_URL", login_url(url, Login.OWNER))
            done = CliRunner().invoke(app, ["db", "upgrade"])
            assert done.exit_code == 0, done.output
            engine = make_engine(login_url(url, Login.APPLICATION))
            with engine.connect() as connection:
                assert connection.exec_driver_sql("SELECT count(*) FROM listings").scalar() == 0
            engine.dispose()
        finally:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def test_command_without_the_pipelines_login_says_which_setting_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://automart_api@127.0.0.1:1/x")
    done = CliRunner().invoke(app, ["dealers", "list"])
    assert done.exit_code == 2
    assert "DATABASE_PIPELINES_URL" in done.output
