"""Read audit records."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db.tables.audit import AuditRecord


class AuditRepository:
    """Audit records in the order of their writing."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def of_subject(
        self, kind: str, subject_id: str, *, orgs: Collection[UUID] | None, before: UUID | None, limit: int
    ) -> list[AuditRecord]:
        """Return the newest records of a thing, those before the record `before` first left out.

        `orgs` are the organisations whose records may be read; None: all.
        """
        statement = select(AuditRecord).where(AuditRecord.subject_kind == kind, AuditRecord.subject_id == subject_id)
        if orgs is not None:
            statement = statement.where(AuditRecord.org_id.in_(orgs))
        if before is not None:
            statement = statement.where(AuditRecord.id < before)
        return list(self._session.scalars(statement.order_by(AuditRecord.id.desc()).limit(limit)))
