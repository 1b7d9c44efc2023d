"""Look up the caller of a request: one statement, so that what changed a moment ago holds already."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from core.access.principal import Membership, Principal, ServiceIdentity
from core.access.roles import PLATFORM_ROLES, Role

_PERSON: Final = """
SELECT u.id AS user_id, u.blocked_at IS NOT NULL AS blocked,
  (SELECT coalesce(json_agg(json_build_object(
      'org_id', o.id, 'org_code', o.code, 'kind', o.kind, 'role', m.role,
      'branches', (SELECT json_agg(b.branch_id) FROM membership_branches b WHERE b.membership_id = m.id)
    ) ORDER BY o.code), '[]'::json)
    FROM memberships m JOIN orgs o ON o.id = m.org_id
    WHERE m.user_id = u.id AND o.blocked_at IS NULL) AS memberships
"""
_BY_SESSION: Final = text(
    _PERSON + " FROM sessions s JOIN users u ON u.id = s.user_id"
    " WHERE s.id = :session_id AND u.id = :user_id AND s.ended_at IS NULL AND s.expires_at > :now"
)
_BY_LOGIN: Final = text(
    _PERSON + " FROM logins l JOIN users u ON u.id = l.user_id WHERE l.issuer = :issuer AND l.subject = :subject"
    " AND NOT EXISTS (SELECT FROM ended_outside_sessions e WHERE e.issuer = :issuer AND e.session = :session)"
)
_BY_SECRET: Final = text(
    "SELECT a.id, a.name, a.scopes, o.id AS org_id, o.code AS org_code, o.kind AS org_kind"
    " FROM service_accounts a JOIN orgs o ON o.id = a.org_id"
    " WHERE a.secret_digest = :digest AND a.revoked_at IS NULL AND o.blocked_at IS NULL"
)


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
    """Return the person of a session that goes on; None where it has ended or never was."""
    row = session.execute(_BY_SESSION, {"session_id": session_id, "user_id": user_id, "now": now}).first()
    return None if row is None else _found(row, session_id=session_id, narrowed=None)


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
    held = [_membership(entry) for entry in row.memberships if _counts(entry, narrowed)]
    return FoundPerson(Principal(row.user_id, tuple(held), session_id), bool(row.blocked))


def _counts(entry: dict[str, Any], narrowed: frozenset[str] | None) -> bool:
    """Tell whether a membership holds: roles of the platform do so in the platform's own organisation alone."""
    if entry["role"] in PLATFORM_ROLES and entry["kind"] != "platform":
        return False
    return narrowed is None or entry["org_code"] in narrowed


def _membership(entry: dict[str, Any]) -> Membership:
    branches = None if entry["branches"] is None else frozenset(UUID(branch) for branch in entry["branches"])
    return Membership(UUID(entry["org_id"]), entry["org_code"], Role(entry["role"]), branches, entry["kind"])
