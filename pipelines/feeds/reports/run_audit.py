"""Audit imported files: whether their counts add up, what a guard held back, what was refused or still waits."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.db.tables import FeedFile, FeedReject, Org


@dataclass(frozen=True)
class FileRemark:
    """Name a file that somebody should look at, and why."""

    dealer: str
    file: str
    remark: str


@dataclass(frozen=True)
class RunAudit:
    """Count the files that one run decided. `rejects_stored` counts the rows of `feed_rejects` themselves."""

    files: int = 0
    read: int = 0
    accepted: int = 0  # created + updated + unchanged
    rejected: int = 0
    rejects_stored: int = 0
    held: list[FileRemark] = field(default_factory=list)
    refused: list[FileRemark] = field(default_factory=list)
    stale: list[FileRemark] = field(default_factory=list)

    @property
    def adds_up(self) -> bool:
        """Whether every row that was read ended in exactly one place."""
        return self.accepted + self.rejected == self.read and self.rejected == self.rejects_stored


@dataclass(frozen=True)
class FeedTotals:
    """Count all applied files since the beginning: created + updated + unchanged + rejected = read."""

    files: int
    read: int
    created: int
    updated: int
    unchanged: int
    rejected: int
    removed: int


def audit_run(session: Session, run_id: str) -> RunAudit:
    """Audit the files whose status this run decided; a run without files passes with zeros."""
    query = select(FeedFile, Org.code).join(Org, Org.id == FeedFile.org_id).where(FeedFile.run_id == run_id)
    decided = [(file, code) for file, code in session.execute(query.order_by(FeedFile.received_at))]
    files = [file for file, _ in decided if file.status == "applied"]
    stored = session.scalar(
        select(func.count()).select_from(FeedReject).join(FeedFile).where(FeedFile.run_id == run_id)
    )
    return RunAudit(
        files=len(files),
        read=sum(file.rows_read for file in files),
        accepted=sum(file.rows_created + file.rows_updated + file.rows_unchanged for file in files),
        rejected=sum(file.rows_rejected for file in files),
        rejects_stored=stored or 0,
        held=[
            FileRemark(
                code, file.name, f"{file.removals_held} missing cars stay live until: automart feeds approve {file.id}"
            )
            for file, code in decided
            if file.removals_held
        ],
        refused=_with_status(decided, "refused"),
        stale=_with_status(decided, "stale"),
    )


def files_left_behind(session: Session, before: datetime) -> list[FileRemark]:
    """List the files that were received before this moment and still wait to be imported, the oldest first."""
    query = (
        select(FeedFile, Org.code)
        .join(Org, Org.id == FeedFile.org_id)
        .where(FeedFile.status == "registered", FeedFile.received_at < before)
        .order_by(FeedFile.received_at, FeedFile.id)
    )
    return [
        FileRemark(code, file.name, f"waits since {file.received_at:%Y-%m-%d %H:%M} UTC; file {file.id}")
        for file, code in session.execute(query)
    ]


def _with_status(decided: list[tuple[FeedFile, str]], status: str) -> list[FileRemark]:
    return [FileRemark(code, file.name, file.refusal or "") for file, code in decided if file.status == status]


def feed_totals(session: Session) -> FeedTotals:
    """Sum up the counts of all applied files."""
    columns = (
        FeedFile.rows_read,
        FeedFile.rows_created,
        FeedFile.rows_updated,
        FeedFile.rows_unchanged,
        FeedFile.rows_rejected,
        FeedFile.rows_removed,
    )
    sums = [func.coalesce(func.sum(column), 0) for column in columns]
    files, *rows = session.execute(select(func.count(), *sums).where(FeedFile.status == "applied")).one()
    return FeedTotals(files, *(int(each) for each in rows))
