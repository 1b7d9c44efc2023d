"""Answer who did what to a thing, to callers who may know it."""

from uuid import UUID

from sqlalchemy.orm import Session

from core.access.permissions import is_allowed, require
from core.access.principal import Principal
from core.audit.actor import Actor
from core.audit.record import Act, record
from core.db.tables.audit import AuditRecord
from core.errors import InvalidInputError
from serving.audit.declarations import READ_AUDIT
from serving.audit.repository import AuditRepository

MAX_LIMIT = 100


class BadSubjectError(InvalidInputError):
    """The subject does not name a thing."""

    code = "bad_subject"

    def __init__(self) -> None:
        super().__init__("A subject is a kind and an id with a colon between them, as in listing:7f9c24e5.")


def read_trail(
    session: Session, principal: Principal, subject: str, *, before: UUID | None = None, limit: int = 50
) -> list[AuditRecord]:
    """Return the newest records of a thing that the caller may read, newest first.

    People of an organisation read the records of its own things, staff of the platform all records. A reading that
    shows what another person did, or what was done to one, is recorded itself.

    Raises:
        ForbiddenError: the caller holds the permission nowhere.
        BadSubjectError: `subject` is not `<kind>:<id>`.
    """
    acting = [each.org_id for each in principal.memberships]
    if principal.service_account is not None:
        acting.append(principal.service_account.org_id)
    orgs = [org_id for org_id in acting if is_allowed(principal, READ_AUDIT, org_id=org_id)]
    everywhere = is_allowed(principal, READ_AUDIT)
    if not orgs and not everywhere:
        require(principal, READ_AUDIT)
    kind, colon, subject_id = subject.partition(":")
    if not (kind and colon and subject_id):
        raise BadSubjectError
    repository = AuditRepository(session)
    rows = repository.of_subject(kind, subject_id, orgs=None if everywhere else orgs, before=before, limit=limit)
    if any(_is_of_another(row, principal) for row in rows):
        org_id = orgs[0] if orgs and not everywhere else None
        act = Act("audit.read", "audit", f"{kind}:{subject_id}", org_id, after={"records": len(rows)})
        record(session, Actor.of(principal), act)
    return rows


def _is_of_another(row: AuditRecord, principal: Principal) -> bool:
    """Tell whether a record shows what another person did, or what was done to one."""
    own = str(principal.user_id)
    acted = row.user_id is not None and row.user_id != principal.user_id
    return acted or (row.subject_kind == "user" and row.subject_id != own)
