"""Read the queue of moderation: the open cases, the oldest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session
from sqlalchemy.sql.expression import cast as sql_cast

from core.access.permissions import require
from core.access.principal import Principal
from core.db.tables import Listing, Org
from core.db.tables.moderation import ModerationCase
from pipelines.moderation.findings import Finding
from serving.moderation.declarations import MODERATE


@dataclass(frozen=True)
class QueueQuery:
    """The open cases to read, after the last one of the previous page."""

    kinds: Sequence[str] = ()
    findings: Sequence[str] = ()  # with one of these
    after: UUID | None = None
    limit: int = 50


@dataclass(frozen=True)
class QueuedCase:
    """A case with its listing as it is now."""

    case: ModerationCase
    listing: Listing
    org: str

    @property
    def etag(self) -> str:
        """Names the form of the listing that a decision is made of."""
        return etag_of(self.listing)

    @property
    def findings(self) -> list[Finding]:
        """The findings of the rules when they last judged the ad."""
        return Finding.stored(self.case.findings)

    @property
    def is_judged(self) -> bool:
        """Whether the rules have judged the ad as it is now."""
        return self.case.judged_sequence == self.listing.sequence


@dataclass(frozen=True)
class QueuePage:
    """Cases, the oldest first, and where the next page begins."""

    items: list[QueuedCase]
    next_cursor: UUID | None


def read_queue(session: Session, principal: Principal, query: QueueQuery) -> QueuePage:
    """Read a page of the queue.

    Raises:
        ForbiddenError: the caller may not moderate.
    """
    require(principal, MODERATE)
    statement = (
        select(ModerationCase, Listing, Org.code)
        .join(Listing, Listing.id == ModerationCase.listing_id)
        .join(Org, Org.id == Listing.org_id)
        .where(ModerationCase.closed_at.is_(None))
        .order_by(ModerationCase.id)
        .limit(query.limit + 1)
    )
    if query.kinds:
        statement = statement.where(ModerationCase.kind.in_(list(query.kinds)))
    if query.findings:
        wanted = [ModerationCase.findings.contains(sql_cast([{"code": code}], JSONB)) for code in query.findings]
        condition = wanted[0]
        for each in wanted[1:]:
            condition |= each
        statement = statement.where(condition)
    if query.after is not None:
        statement = statement.where(ModerationCase.id > query.after)
    items = [QueuedCase(*row) for row in session.execute(statement)]
    page = items[: query.limit]
    return QueuePage(page, page[-1].case.id if len(items) > query.limit else None)


def etag_of(listing: Listing) -> str:
    """Return the tag of a listing's present form, as its owner sees it too."""
    return f'"{listing.sequence}"'
