"""Check that an index holds every live listing as the table has it, and no other, document by document."""

from collections.abc import Iterator
from uuid import UUID

from sqlalchemy.orm import Session

from core.access.audience import Audience
from core.prices.deal_ratings import DealRating
from core.search import ListingDocument, ListingFilters, SearchEngine, SearchQuery, Sort
from core.vocabulary import Body, Channel, Fuel, Visibility
from pipelines.search.repository import ListingDocumentRepository

EVERYBODY = Audience(Channel.AUTOMART, frozenset(Visibility))


def differences(session: Session, engine: SearchEngine) -> list[str]:
    """Return the differences, a sentence each."""
    live = {one.id: one for chunk in ListingDocumentRepository(session).all_live() for one in chunk}
    wrong = [] if engine.document_count() == len(live) else [f"{engine.document_count()} documents of {len(live)} cars"]
    for sort, key in _ORDERS.items():
        expected = sorted(live, key=lambda listing_id, key=key: key(live[listing_id]))  # type: ignore[misc]
        values = [key(live[found])[0] if found in live else None for found in pages(engine, sort)]
        if values != [key(live[listing_id])[0] for listing_id in expected]:
            wrong.append(f"The order by {sort} is not the table's.")
    if set(pages(engine, Sort.NEWEST)) != set(live):
        wrong.append("The ids are not the table's.")
    return wrong + [f"{one.id} is not found as it is." for one in live.values() if not _found(engine, one)]


_ORDERS = {
    Sort.PRICE_ASC: lambda one: (one.price_pkr is None, one.price_pkr),
    Sort.YEAR_ASC: lambda one: (one.model_year,),
    Sort.MILEAGE_ASC: lambda one: (one.mileage_km is None, one.mileage_km),
}


def pages(engine: SearchEngine, sort: Sort) -> Iterator[UUID]:
    """Every id, page by page."""
    cursor: str | None = None
    while True:
        page = engine.search(SearchQuery(sort=sort, limit=100, cursor=cursor), EVERYBODY)
        yield from page.ids
        cursor = page.next_cursor
        if cursor is None:
            return


def _found(engine: SearchEngine, one: ListingDocument) -> bool:
    filters = ListingFilters(
        make=(one.make,),
        model=(one.model,),
        dealer=(one.dealer,),
        city=(one.city,) if one.city else (),
        body=(Body(one.body),) if one.body else (),
        fuel=(Fuel(one.fuel),) if one.fuel else (),
        deal_rating=(DealRating(one.deal_rating),) if one.deal_rating else (),
        has_photos=one.has_photos,
        has_good_photos=one.has_good_photos,
        year_min=one.model_year,
        year_max=one.model_year,
        price_min=one.price_pkr,
        price_max=one.price_pkr,
        mileage_min=one.mileage_km,
        mileage_max=one.mileage_km,
    )
    return one.id in engine.search(SearchQuery(one.title, filters, limit=100), EVERYBODY).ids
