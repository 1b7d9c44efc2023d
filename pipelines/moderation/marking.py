"""Mark dealers' cars on offer with what the rules find in them. A mark blocks nothing: dealers publish at once."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.db.session import Transaction
from core.db.tables import Listing, PriceBand
from core.db.tables.moderation import ModerationMark
from core.outbox.events import Event
from core.states.listings import in_states
from pipelines.moderation.ads import TEXT_FIELDS
from pipelines.moderation.facts import range_of
from pipelines.moderation.findings import Weight
from pipelines.moderation.prices import judge_price
from pipelines.moderation.rules import judge_texts

_AT_ONCE: Final = 2_000
_COLUMNS: Final = (Listing.id, Listing.sequence, Listing.price_pkr, *(getattr(Listing, name) for name in TEXT_FIELDS))
_BAND: Final = (PriceBand.low_90_pkr, PriceBand.low_pkr, PriceBand.high_90_pkr, PriceBand.high_pkr)


def mark_changed(session: Session, events: Sequence[Event]) -> None:
    """Judge the cars of these events as they are now."""
    mark_cars(session, sorted({event.subject_id for event in events}))


def mark_cars(session: Session, listing_ids: Sequence[UUID]) -> int:
    """Judge dealers' cars on offer, keep a mark for each with findings, and return how many have one."""
    query = (
        select(*_COLUMNS, *_BAND)
        .outerjoin(PriceBand, PriceBand.listing_id == Listing.id)
        .where(Listing.id.in_(listing_ids), Listing.seller_id.is_(None), in_states(Listing.status, "searched"))
    )
    marks = [mark for row in session.execute(query) if (mark := _mark(row))["findings"]]
    session.execute(delete(ModerationMark).where(ModerationMark.listing_id.in_(listing_ids)))
    if marks:
        session.execute(insert(ModerationMark), marks)
    return len(marks)


def mark_all(transaction: Transaction) -> int:
    """Judge every dealer's car on offer, a part at a time, and return how many have a mark."""
    marked, after = 0, UUID(int=0)
    while True:
        with transaction() as session:
            offered = select(Listing.id).where(Listing.id > after, in_states(Listing.status, "searched"))
            ids = list(session.scalars(offered.order_by(Listing.id).limit(_AT_ONCE)))
            if not ids:
                return marked
            marked += mark_cars(session, ids)
        after = ids[-1]


def _mark(row: Any) -> dict[str, Any]:  # noqa: ANN401  (a row of columns)
    findings = judge_texts({name: getattr(row, name) for name in TEXT_FIELDS})
    usual = range_of(row)
    if row.price_pkr is not None and usual is not None:  # without one there is nothing to mark
        findings += judge_price(row.price_pkr, usual)
    told = [each.as_json() for each in findings if each.kind.weight is not Weight.NOTE]
    return {"listing_id": row.id, "sequence": row.sequence, "findings": told}
