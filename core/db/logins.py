"""The three logins of the database: who owns the tables, who answers requests, and who moves data.

The names are fixed, since grants and policies are written to them; the passwords are those of the settings. A server
that is not embedded is given the logins once, by an administrator who runs what `automart db roles` prints.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from sqlalchemy import make_url

from core.errors import InvalidInputError


class Login(StrEnum):
    """A login of the database."""

    OWNER = "automart_owner"  # migrations alone
    APPLICATION = "automart_api"  # the API: policies bind it
    PIPELINES = "automart_pipelines"  # assets, commands and background loops: work on the rows of all


_ATTRIBUTES = {
    Login.OWNER: "BYPASSRLS",  # a migration that changes rows, and a dump, must reach all of them
    Login.APPLICATION: "NOBYPASSRLS",
    Login.PIPELINES: "BYPASSRLS",  # COPY into a table with row security is refused to everybody else
}
_LOCK = 7_301_111  # any number that no other advisory lock uses; two processes of one home make the logins in turn
_ITERATIONS = 4_096


def login_url(url: str, login: Login) -> str:
    """Return the address of the same database for a login of an embedded server, which asks for no password."""
    return make_url(url).set(username=login, password=None).render_as_string(hide_password=False)


def login_settings(url: str) -> dict[str, Any]:
    """Return the settings of a process that works on a database of an embedded server, given its address."""
    return {
        "database_url": login_url(url, Login.APPLICATION),
        "database_pipelines_url": login_url(url, Login.PIPELINES),
    }


def roles_statement(passwords: Mapping[Login, str] | None = None) -> str:
    """Return the one statement that makes the logins and gives the database to the owner.

    It is for a superuser, or for an administrator with CREATEROLE and BYPASSRLS, in the platform's database. Running
    it again changes nothing. Tables and functions of an earlier version, whoever owns them, become the owner's.

    Args:
        passwords: by login; only their SCRAM verifiers are written. A login without one keeps what it has.
    """
    known = passwords or {}
    lines = [line for login in Login for line in _login_lines(login, known.get(login))]
    return _STATEMENT.format(lock=_LOCK, owner=Login.OWNER, logins="\n".join(lines))


def _login_lines(login: Login, password: str | None) -> list[str]:
    # One attribute list in one place: a login that somebody widened by hand is narrowed again.
    attributes = f"LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION {_ATTRIBUTES[login]}"
    verifier = "" if password is None else f" PASSWORD '{scram_verifier(password)}'"
    return [
        f"  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{login}') THEN CREATE ROLE {login}; END IF;",
        f"  ALTER ROLE {login} {attributes}{verifier};",
        f"  EXECUTE format('GRANT CONNECT, TEMPORARY ON DATABASE %I TO {login}', current_database());",
    ]


_STATEMENT = """DO $automart$
DECLARE found record;
BEGIN
  PERFORM pg_advisory_xact_lock({lock});
{logins}
  EXECUTE format('ALTER DATABASE %I OWNER TO {owner}', current_database());
  FOR found IN
    SELECT CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'TABLE' END AS kind,
      c.oid::regclass::text AS name
    FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
      AND c.relowner <> '{owner}'::regrole
  LOOP
    EXECUTE format('ALTER %s %s OWNER TO {owner}', found.kind, found.name);
  END LOOP;
  FOR found IN
    SELECT p.oid::regprocedure::text AS name FROM pg_proc p
    WHERE p.pronamespace = 'public'::regnamespace AND p.proowner <> '{owner}'::regrole
  LOOP
    EXECUTE format('ALTER ROUTINE %s OWNER TO {owner}', found.name);
  END LOOP;
END $automart$"""


def scram_verifier(password: str, salt: bytes | None = None) -> str:
    """Return what PostgreSQL keeps of a password, so that the password itself is in no statement and no log.

    Raises:
        InvalidInputError: it has letters beyond ASCII, which clients would write in several ways.
    """
    if not password.isascii() or not password:
        raise InvalidInputError("A password of the database is made of ASCII letters, digits and signs.")
    salt = salt or secrets.token_bytes(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, _ITERATIONS)
    client, server = hmac.digest(salted, b"Client Key", "sha256"), hmac.digest(salted, b"Server Key", "sha256")
    stored = hashlib.sha256(client).digest()
    parts = [base64.b64encode(part).decode() for part in (salt, stored, server)]
    return f"SCRAM-SHA-256${_ITERATIONS}:{parts[0]}${parts[1]}:{parts[2]}"
