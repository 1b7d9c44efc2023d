"""Write tasks for people of finance, one for each cause, and close those that have settled by themselves."""

from uuid import UUID

from sqlalchemy import func, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.db.tables.deposit_papers import DepositTask


def raise_task(session: Session, kind: str, subject: str | UUID, deposit_id: UUID | None, **details: object) -> None:
    """Write a task, unless there is one of this kind for the thing."""
    row = {"kind": kind, "subject": str(subject), "deposit_id": deposit_id, "details": details}
    session.execute(insert(DepositTask).values(row).on_conflict_do_nothing())


def close_task(session: Session, kind: str, subject: str | UUID) -> None:
    """Close a task that has settled by itself."""
    query = update(DepositTask).where(DepositTask.kind == kind, DepositTask.subject == str(subject))
    session.execute(query.where(DepositTask.closed_at.is_(None)).values(closed_at=func.statement_timestamp()))
