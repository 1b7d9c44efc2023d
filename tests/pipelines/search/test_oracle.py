"""The index answers as plain SQL over the same rows would: hits, order, pages, totals, facets, for every audience."""

import random
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session

from core.db.tables import PriceBand
from core.deal_ratings import DealRating
from core.search import Audience, Facet, ListingFilters, SearchEngine, SearchQuery, Sort, open_search_engine
from core.search.filters import Near
from core.search.places import city_point
from core.settings import Settings
from core.vocabulary import Body, Channel, Fuel, Visibility
from pipelines.search.rebuild import rebuild_index
from tests.inventory import add_listing, dealer

MAKES, DEALERS = ["Toyota", "Honda", "Mercedes Benz"], ["khan-motors", "malik-cars"]
CITIES, PRICES = ["Lahore", "Karachi", "Atlantis", None], [None, 100_000, 100_000, 250_000, 2**40]
YEARS, KMS = [1999, 2008, 2018], [None, 0, 5_000, 80_000]
ORDER = {
    Sort.RELEVANCE: "fresh_on DESC, id DESC",
    Sort.NEWEST: "fresh_on DESC, id DESC",
    Sort.PRICE_ASC: "price_pkr ASC NULLS LAST, CASE WHEN price_pkr IS NOT NULL THEN id END, fresh_on DESC, id DESC",
    Sort.PRICE_DESC: "price_pkr DESC NULLS LAST,"
    " CASE WHEN price_pkr IS NOT NULL THEN id END DESC, fresh_on DESC, id DESC",
    Sort.YEAR_ASC: "model_year ASC, id ASC",
    Sort.YEAR_DESC: "model_year DESC, id DESC",
    Sort.MILEAGE_ASC: "mileage_km ASC NULLS LAST, CASE WHEN mileage_km IS NOT NULL THEN id END, fresh_on DESC, id DESC",
    Sort.DISTANCE: "km ASC NULLS LAST, fresh_on DESC, id DESC",
    Sort.MILEAGE_DESC: "mileage_km DESC NULLS LAST,"
    " CASE WHEN mileage_km IS NOT NULL THEN id END DESC, fresh_on DESC, id DESC",
}
NOW = datetime(2026, 1, 1, tzinfo=UTC)
MULTAN = city_point("Multan")  # 314 km from Lahore, 740 km from Karachi
FROM_MULTAN = " ".join(
    f"WHEN '{city}' THEN 6371 * acos(sin(radians({MULTAN.latitude})) * sin(radians({there.latitude}))"
    f" + cos(radians({MULTAN.latitude})) * cos(radians({there.latitude}))"
    f" * cos(radians({there.longitude} - {MULTAN.longitude})))"
    for city, there in (("Lahore", city_point("Lahore")), ("Karachi", city_point("Karachi")))
)
RATING = (
    "CASE WHEN price_pkr IS NULL OR mid_pkr IS NULL THEN NULL WHEN price_pkr < low_pkr THEN 'great'"
    " WHEN price_pkr * 2 < low_pkr + mid_pkr THEN 'good' WHEN price_pkr * 2 <= mid_pkr + high_pkr THEN 'fair'"
    " WHEN price_pkr <= high_pkr THEN 'high' ELSE 'overpriced' END"
)
COLUMNS = {Facet.MAKE: "make", Facet.YEAR: "model_year", Facet.CITY: "city", Facet.BODY: "body", Facet.DEALER: "code",
           Facet.DEAL_RATING: "rating"}  # fmt: skip


def fill(session: Session) -> None:
    dice = random.Random(7)
    for _ in range(160):
        listed = date(2026, 1, 1) + timedelta(days=dice.randrange(4))
        listing = add_listing(
            session,
            org=dice.choice(DEALERS),
            visibility=dice.choice([*Visibility, "public"]),
            channels=dice.choice([["automart"], ["autotrader"], ["automart", "autotrader"]]),
            status=dice.choice(["live", "live", "live", "removed"]),
            make=dice.choice(MAKES),
            model_year=dice.choice(YEARS),
            price_pkr=dice.choice(PRICES),
            mileage_km=dice.choice(KMS),
            city=dice.choice(CITIES),
            body=dice.choice([*list(Body)[:3], None]),
            fuel=dice.choice([*list(Fuel)[:2], None]),
            listed_on=dice.choice([listed, None]),
            photos=dice.choice([[], ["https://photos.example.com/1.jpg"]]),
        )
        if dice.random() < 0.8:
            low, mid, high = dice.choice([(90_000, 95_000, 110_000), (100_000, 100_001, 250_000), (None, None, None)])
            session.add(
                PriceBand(
                    listing_id=listing, low_pkr=low, mid_pkr=mid, high_pkr=high, confidence=0.8,
                    method="none" if mid is None else "model", reason="too few" if mid is None else None,
                    listing_updated_at=NOW, computed_at=NOW,
                )
            )  # fmt: skip
    session.flush()


def oracle(session: Session, filters: ListingFilters, sort: Sort, audience: Audience) -> list[Any]:
    """Every hit in order, by SQL that shares nothing with the engine."""
    asked: dict[str, tuple[str, Any]] = {
        "makes": ("lower(make) = ANY(:makes)", [make.lower() for make in filters.make]),
        "cities": ("lower(city) = ANY(:cities)", [city.lower() for city in filters.city]),
        "bodies": ("body = ANY(:bodies)", [body.value for body in filters.body]),
        "dealers": ("code = ANY(:dealers)", list(filters.dealer)),
        "ratings": ("rating = ANY(:ratings)", [rating.value for rating in filters.deal_rating]),
        "photos": ("(cardinality(photos) > 0) = :photos", filters.has_photos),
        "radius": ("km <= :radius", None if filters.near is None else filters.near.radius_km),
        "year_min": ("model_year >= :year_min", filters.year_min),
        "year_max": ("model_year <= :year_max", filters.year_max),
        "price_min": ("price_pkr >= :price_min", filters.price_min),
        "price_max": ("price_pkr <= :price_max", filters.price_max),
        "mileage_max": ("mileage_km <= :mileage_max", filters.mileage_max),
    }
    given = {name: value for name, (_, value) in asked.items() if value not in (None, [])}
    conditions = " AND ".join(["true", *(asked[name][0] for name in given)])
    statement = (
        f"SELECT * FROM (SELECT l.*, o.code, {RATING} AS rating, CASE city {FROM_MULTAN} END AS km,"
        " coalesce(listed_on, (l.created_at AT TIME ZONE 'UTC')::date) AS fresh_on"
        " FROM listings l JOIN orgs o ON o.id = l.org_id LEFT JOIN price_bands b ON b.listing_id = l.id"
        " WHERE status = 'live' AND :channel = ANY(channels)"
        f" AND (visibility = ANY(:visibilities) OR l.org_id = :org)) live WHERE {conditions} ORDER BY {ORDER[sort]}"
    )
    visibilities = [one.value for one in audience.visibilities]
    who = {"channel": audience.channel.value, "visibilities": visibilities, "org": audience.org_id}
    return list(session.execute(text(statement), who | given))


def without(filters: ListingFilters, facet: Facet) -> ListingFilters:
    """The filters but for those on the facet's own field, spelt out here."""
    own: dict[Facet, dict[str, Any]] = {facet: {facet.value: ()} for facet in COLUMNS}
    own[Facet.YEAR] = {"year_min": None, "year_max": None}
    return replace(filters, **own[facet])


def some(values: list[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(st.sampled_from(values), max_size=2, unique=True).map(tuple)


def bounds(low: list[int], high: list[int]) -> st.SearchStrategy[tuple[int | None, int | None]]:
    pair = st.tuples(st.none() | st.sampled_from(low), st.none() | st.sampled_from(high))
    return pair.filter(lambda one: one[0] is None or one[1] is None or one[0] <= one[1])


filters_of = st.builds(
    lambda make, city, body, dealer, rating, photos, km, year, price, mileage_max: ListingFilters(
        make=make, city=city, body=body, dealer=dealer, deal_rating=rating, has_photos=photos,
        near=None if km is None else Near(MULTAN, km), year_min=year[0], year_max=year[1],
        price_min=price[0], price_max=price[1], mileage_max=mileage_max,
    ),
    some(["toyota", "HONDA", "mercedes benz", "Kia"]), some(["lahore", "Karachi"]), some(list(Body)[:3]), some(DEALERS),
    some(list(DealRating)), st.none() | st.booleans(), st.sampled_from([None, None, 100, 400, 1000]),
    bounds([1999, 2000, 2008], [2008, 2018, 3000]), bounds([0, 100_000, 100_001], [100_000, 250_000, 2**40]),
    st.none() | st.sampled_from([0, 5_000]),
)  # fmt: skip


@pytest.fixture
def index(settings: Settings) -> SearchEngine:
    return open_search_engine(settings)


def all_pages(index: SearchEngine, query: dict[str, Any], audience: Audience) -> list[UUID]:
    found: list[UUID] = []
    cursor: str | None = None
    while True:
        page = index.search(SearchQuery(cursor=cursor, **query), audience)
        found += page.ids
        if (cursor := page.next_cursor) is None:
            return found


def test_index_answers_as_sql_does(session: Session, index: SearchEngine) -> None:
    fill(session)
    rebuild_index(session, index)
    own = st.sampled_from([None, dealer(session, "malik-cars").id])
    audiences = st.builds(Audience, st.sampled_from(Channel), st.frozensets(st.sampled_from(Visibility)), own)

    @given(filters_of, st.sampled_from(Sort), audiences | st.just(Audience.anonymous()), st.sampled_from([3, 10, 100]))
    @hypothesis_settings(max_examples=150, deadline=None)
    def probe(filters: ListingFilters, sort: Sort, audience: Audience, limit: int) -> None:
        rows = oracle(session, filters, sort, audience)
        query: dict[str, Any] = {"filters": filters, "sort": sort, "limit": limit, "origin": MULTAN}
        assert all_pages(index, query, audience) == [row.id for row in rows]
        page = index.search(SearchQuery(facets=tuple(COLUMNS), **query), audience)
        assert page.total == len(rows)
        for facet, column in COLUMNS.items():
            others = oracle(session, without(filters, facet), sort, audience)
            counted = Counter(str(value) for row in others if (value := getattr(row, column)) is not None)
            assert {one.value: one.count for one in page.facets[facet]} == counted

    probe()
