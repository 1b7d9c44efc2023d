"""Report what one dealer has sent lately and what is wrong with it, for the person who calls the dealer."""

from dataclasses import dataclass, field
from datetime import datetime
from statistics import median
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from core.db.tables import FeedFile, FeedReject, Listing, Org
from core.states.listings import feed_moves_sql, in_states
from core.vocabulary import ListingStatus
from pipelines.feeds.file_warnings import FileWarning, warnings_of
from pipelines.feeds.reject_codes import REJECT_CODES
from pipelines.feeds.reports.differences import Differences, differences_of
from pipelines.feeds.unread_columns import UnreadColumn, unread_of

_EXAMPLES = 3

# The newest decided file of each mapping has judged again whatever older ones held back.
_HELD = text(f"""
SELECT f.id, f.name, count(*) AS cars, min(l.title) AS example
FROM (
  SELECT DISTINCT ON (mapping) id, name FROM feed_files
  WHERE org_id = :org_id AND status = 'applied' ORDER BY mapping, snapshot_at DESC, id DESC
) f
JOIN listing_removals r ON r.file_id = f.id AND r.state = 'held'
JOIN listings l ON l.id = r.listing_id AND {feed_moves_sql(ListingStatus.WITHDRAWN)}
GROUP BY f.id, f.name
""")  # noqa: S608  (names of states, no input)


@dataclass(frozen=True)
class DeliverySummary:
    """Summarise one file."""

    file_id: UUID
    name: str
    status: str
    snapshot_at: datetime
    received_at: datetime
    read: int
    created: int
    updated: int
    unchanged: int
    rejected: int
    removed: int
    removals_held: int
    message: str | None


@dataclass(frozen=True)
class RejectReason:
    """Describe a reject code: how many rows of the reported deliveries had it, and what the dealer can do about it."""

    code: str
    rows: int
    message: str
    fix: str
    examples: list[dict[str, Any]] = field(default_factory=list)  # file, row, byte_offset, key, column, value


@dataclass(frozen=True)
class HeldRemovals:
    """Count the cars that a full feed lacks and that stay live until a person decides."""

    file_id: UUID
    name: str
    cars: int
    example: str


@dataclass(frozen=True)
class DealerReport:
    """Report the newest deliveries first. Trends compare the newest applied file with the median of those before it."""

    dealer: str
    name: str
    mapping: str | None
    live: int
    deliveries: list[DeliverySummary]
    rows_read: int | None = None
    rows_usual: float | None = None
    rejected_share: float | None = None
    rejected_share_usual: float | None = None
    rejects: list[RejectReason] = field(default_factory=list)
    not_understood: tuple[UnreadColumn, ...] = ()
    """Of the newest applied file: columns of which cells were not understood, the worst first."""
    warnings: tuple[FileWarning, ...] = ()
    """Of the newest applied file: cars to look at."""
    prices: dict[str, Any] = field(default_factory=dict)
    """Of the newest applied file, in rupees: smallest, median and largest, and how many are implausible."""
    held: list[HeldRemovals] = field(default_factory=list)
    differences: Differences = field(default_factory=lambda: Differences([], []))

    @property
    def stale(self) -> list[DeliverySummary]:
        """Deliveries that came after a newer snapshot and changed nothing."""
        return [each for each in self.deliveries if each.status == "stale"]


def dealer_report(session: Session, org: Org, *, deliveries: int = 10, codes: int = 8) -> DealerReport:
    """Report on the newest deliveries of an organisation and the commonest reject codes in them."""
    query = select(FeedFile).where(FeedFile.org_id == org.id)
    files = list(session.scalars(query.order_by(FeedFile.received_at.desc(), FeedFile.id.desc()).limit(deliveries)))
    applied = [file for file in files if file.status == "applied" and file.rows_read]
    live = (
        select(func.count()).select_from(Listing).where(Listing.org_id == org.id, in_states(Listing.status, "searched"))
    )
    return DealerReport(
        dealer=org.code,
        name=org.name,
        mapping=org.default_mapping,
        live=session.scalar(live) or 0,
        deliveries=[_delivery(file) for file in files],
        **_trend(applied),
        rejects=_reasons(session, files, codes),
        not_understood=unread_of(applied[0].not_understood) if applied else (),
        warnings=warnings_of(applied[0].warnings) if applied else (),
        prices=dict(applied[0].prices) if applied else {},
        held=[HeldRemovals(*row) for row in session.execute(_HELD, {"org_id": org.id})],
        differences=differences_of(session, org.id),
    )


def _delivery(file: FeedFile) -> DeliverySummary:
    return DeliverySummary(
        file_id=file.id,
        name=file.name,
        status=file.status,
        snapshot_at=file.snapshot_at,
        received_at=file.received_at,
        **file.row_counts,
        removals_held=file.removals_held,
        message=file.refusal,
    )


def _trend(applied: list[FeedFile]) -> dict[str, Any]:
    if not applied:
        return {}
    shares = [file.rows_rejected / file.rows_read for file in applied]
    trend: dict[str, Any] = {"rows_read": applied[0].rows_read, "rejected_share": round(shares[0], 4)}
    if len(applied) > 1:
        trend["rows_usual"] = float(median(file.rows_read for file in applied[1:]))
        trend["rejected_share_usual"] = round(median(shares[1:]), 4)
    return trend


def _reasons(session: Session, files: list[FeedFile], codes: int) -> list[RejectReason]:
    names = {file.id: file.name for file in files}
    counted = (
        select(FeedReject.code, func.count().label("rows"))
        .where(FeedReject.file_id.in_(names))
        .group_by(FeedReject.code)
        .order_by(func.count().desc(), FeedReject.code)
    )
    found = []
    for code, rows in session.execute(counted.limit(codes)):
        of_code = select(FeedReject).where(FeedReject.file_id.in_(names), FeedReject.code == code)
        newest = session.scalars(of_code.order_by(FeedReject.file_id.desc(), FeedReject.row_number).limit(_EXAMPLES))
        examples = [
            {
                "file": names[each.file_id],
                "row": each.row_number,
                "byte_offset": each.byte_offset,
                "key": each.source_key,
                "column": each.column,
                "value": each.value,
            }
            for each in newest
        ]
        known = REJECT_CODES.get(code)
        problem, fix = (known.problem, known.fix) if known else ("A code of an older version.", "")
        found.append(RejectReason(code, rows, problem, fix, examples))
    return found
