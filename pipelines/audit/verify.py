"""Verify the audit chain: every record is as it was when it was chained, and none is missing between two others."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.audit.digest import START, chain_digest
from core.db.tables.audit import AuditChain, AuditRecord

_BATCH: Final = 1_000


@dataclass(frozen=True)
class ChainReport:
    """The number of links that were verified, and the first bad one with what is wrong with it; None where all is well.

    Records that were removed from the end of the chain together with their links cannot be seen here: that takes the
    anchored head outside the database.
    """

    verified: int
    first_bad: int | None = None
    problem: str | None = None


def verify_chain(session: Session) -> ChainReport:
    """Recompute the chain from its start, up to the first link that does not hold."""
    number, digest = 0, START
    statement = (
        select(AuditChain, AuditRecord)
        .outerjoin(AuditRecord, AuditRecord.id == AuditChain.record_id)
        .order_by(AuditChain.number)
        .execution_options(yield_per=_BATCH)
    )
    with session.execute(statement) as rows:
        for link, record in rows:
            expected = number + 1
            problem, digest = _problem(link, record, expected, digest)
            if problem is not None:
                return ChainReport(number, expected, problem)
            number = expected
    return ChainReport(number)


def _problem(link: AuditChain, record: AuditRecord | None, expected: int, before: bytes) -> tuple[str | None, bytes]:
    if link.number != expected:
        return "the link is missing", before
    if record is None:
        return f"its record {link.record_id} is missing", before
    digest = chain_digest(before, record)
    return (None if digest == link.digest else f"its record {link.record_id} was changed"), digest
