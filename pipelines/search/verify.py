"""Check that a new index equals the listings table, before it answers searches."""

from collections.abc import Iterator

from sqlalchemy.orm import Session

from core.access.audience import Audience
from core.search.document import ListingDocument
from core.search.engine import IndexView
from core.search.filters import ListingFilters
from core.search.query import MAX_LIMIT, MAX_TEXT, SearchQuery
from core.search.words.folding import words
from core.vocabulary import Channel, Visibility
from pipelines.search.outbox import OutboxRepository, Watermark
from pipelines.search.repository import ListingDocumentRepository


def index_problems(session: Session, view: IndexView, watermark: Watermark, canaries: int) -> list[str]:
    """List what is wrong with an index that has seen everything up to the watermark, a sentence each.

    Checked are its settings, its counts beside the table's, and `canaries` random live listings, each of which must be
    found by its own title and filters. Changes that the watermark does not cover are not held against it.
    """
    return [
        *view.settings_problems(),
        *_count_problems(session, view, watermark),
        *_canary_problems(session, view, watermark, canaries),
    ]


def _count_problems(session: Session, view: IndexView, watermark: Watermark) -> Iterator[str]:
    """Compare counts: an unseen event moves one by at most one, and events are counted last, so the limit is fair."""
    listings, anonymous = ListingDocumentRepository(session), Audience.anonymous()
    pairs = {
        "listings": (listings.count_live(), view.document_count()),
        "listings for visitors": (listings.count_live(anonymous), view.count(anonymous)),
    }
    unseen = OutboxRepository(session).events_since(watermark)
    for noun, (live, indexed) in pairs.items():
        if abs(live - indexed) > unseen:
            yield f"It has {indexed:,} {noun}, the table {live:,}, and only {unseen:,} changes are still to be sent."


def _canary_problems(session: Session, view: IndexView, watermark: Watermark, count: int) -> Iterator[str]:
    lost = {
        canary.id: canary
        for canary in ListingDocumentRepository(session).some_live(count)
        if canary.channels and not _is_found(view, canary)
    }
    if lost:
        changed = OutboxRepository(session).unseen_among(watermark, list(lost))
        for listing_id in sorted(lost.keys() - changed):
            yield f"Listing {listing_id} is not found by its own title and filters."


def _is_found(view: IndexView, canary: ListingDocument) -> bool:
    """Tell whether the listing is among the hits; more hits than a page can hold leave the question open."""
    audience = Audience(Channel(canary.channels[0]), frozenset({Visibility(canary.visibility)}), canary.org_id)
    page = view.search(SearchQuery(_title(canary), _own_filters(canary), limit=MAX_LIMIT), audience)
    return canary.id in page.ids or page.total > MAX_LIMIT


def _own_filters(canary: ListingDocument) -> ListingFilters:
    return ListingFilters(
        make=(canary.make,),
        model=(canary.model,),
        dealer=(canary.dealer,),
        city=(canary.city,) if canary.city else (),
        year_min=canary.model_year,
        year_max=canary.model_year,
        price_min=canary.price_pkr,
        price_max=canary.price_pkr,
        mileage_min=canary.mileage_km,
        mileage_max=canary.mileage_km,
    )


def _title(canary: ListingDocument) -> str:
    if not words(canary.title):
        return ""
    return canary.title if len(canary.title) <= MAX_TEXT else canary.title[:MAX_TEXT].rpartition(" ")[0]
