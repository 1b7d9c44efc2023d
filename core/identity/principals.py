"""Look up the caller of a request: one statement, so that what changed a moment ago holds already."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from core.access.principal import Membership, Principal, ServiceIdentity
from core.access.roles import PLATFORM_ROLES, Role

# Functions with the rights of the tables' owner (`serving.identity.policies`): nobody is known yet.
_PERSON: Final = "c.user_id, c.blocked, c.memberships::text AS memberships"
_BY_SESSION: Final = f"SELECT {_PERSON} FROM caller_by_session(%(session_id)s, %(user_id)s, %(now)s) AS c"  # noqa: S608  (no input)
_BY_SESSIONS: Final = text(f"""
SELECT {_PERSON}, asked.place
FROM unnest(CAST(:sessions AS uuid[]), CAST(:users AS uuid[])) WITH ORDINALITY AS asked (session_id, user_id, place)
CROSS JOIN LATERAL caller_by_session(asked.session_id, asked.user_id, :now) AS c
""")  # noqa: S608  (no input)
_BY_LOGIN: Final = text(f"SELECT {_PERSON} FROM caller_by_login(:issuer, :subject, :session) AS c")  # noqa: S608  (no input)
_BY_SECRET: Final = text("SELECT * FROM caller_by_secret(:digest)")


@dataclass(frozen=True)
class OutsideLogin:
    """A verified token of an outside issuer. `organizations` narrows the memberships; None narrows nothing."""

    issuer: str
    subject: str
    session: str | None = None
    organizations: frozenset[str] | None = None


@dataclass(frozen=True)
class FoundPerson:
    """A person's principal, or the fact that the person is blocked."""

    principal: Principal
    blocked: bool


def find_by_session(session: Session, user_id: UUID, session_id: UUID, now: datetime) -> FoundPerson | None:
    """Return the person of an active session; None where it has ended or never existed."""
    asked = {"session_id": session_id, "user_id": user_id, "now": now}
    row = session.connection().exec_driver_sql(_BY_SESSION, asked).first()  # past SQLAlchemy's compiler
    return None if row is None else _found(row, session_id=session_id, narrowed=None)


def find_by_sessions(session: Session, asked: Sequence[tuple[UUID, UUID]], now: datetime) -> list[FoundPerson | None]:
    """Return the people of many pairs of person and session, as `find_by_session` does, in one statement."""
    pairs = list(dict.fromkeys(asked))  # a person with many connections is looked up once
    given = {"users": [user for user, _ in pairs], "sessions": [each for _, each in pairs], "now": now}
    rows = session.execute(_BY_SESSIONS, given) if pairs else ()
    found = {(pair := pairs[row.place - 1]): _found(row, session_id=pair[1], narrowed=None) for row in rows}
    return [found.get(pair) for pair in asked]


def find_by_login(session: Session, login: OutsideLogin) -> FoundPerson | None:
    """Return the person of an outside login; None where it is new here, or its session was ended here."""
    named = {"issuer": login.issuer, "subject": login.subject, "session": login.session or ""}
    row = session.execute(_BY_LOGIN, named).first()
    return None if row is None else _found(row, session_id=None, narrowed=login.organizations)


def find_by_secret(session: Session, secret_digest: bytes) -> Principal | None:
    """Return the system that holds this secret; None where it is unknown or was revoked."""
    row = session.execute(_BY_SECRET, {"digest": secret_digest}).first()
    if row is None:
        return None
    scopes = frozenset(row.scopes.split())
    return Principal(service_account=ServiceIdentity(row.name, row.org_id, row.org_code, scopes, row.org_kind, row.id))


def _found(row: Row[Any], *, session_id: UUID | None, narrowed: frozenset[str] | None) -> FoundPerson:
    return FoundPerson(Principal(row.user_id, _held(row.memberships, narrowed), session_id), bool(row.blocked))


@lru_cache(maxsize=8192)
def _held(stored: str, narrowed: frozenset[str] | None) -> tuple[Membership, ...]:
    """Return the memberships that a JSON text tells of: the same ones are read at each request of a caller."""
    return tuple(_membership(entry) for entry in json.loads(stored) if _counts(entry, narrowed))


def _counts(entry: dict[str, Any], narrowed: frozenset[str] | None) -> bool:
    """Tell whether a membership holds: roles of the platform do so in the platform's own organisation alone."""
    if entry["role"] in PLATFORM_ROLES and entry["kind"] != "platform":
        return False
    return narrowed is None or entry["org_code"] in narrowed


def _membership(entry: dict[str, Any]) -> Membership:
    branches = None if entry["branches"] is None else frozenset(UUID(branch) for branch in entry["branches"])
    return Membership(UUID(entry["org_id"]), entry["org_code"], Role(entry["role"]), branches, entry["kind"])
