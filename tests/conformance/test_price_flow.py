"""A changed price: outbox, index within 2 s, band and rating within a minute; on every engine."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from uuid import UUID

import pytest

from core.access.audience import Audience
from core.access.principal import Membership, Principal
from core.access.roles import Role
from core.db.session import SessionFactory, transaction
from core.db.tables import Listing, PriceBand
from core.db.tables.people import User
from core.platform import Platform
from core.prices.deal_ratings import DealRating
from core.search import ListingFilters, SearchEngine, SearchQuery
from core.settings import Settings
from core.storage import Storage
from core.work.worker import Worker
from pipelines.price_bands import loops as band_loops
from pipelines.search import follow
from pipelines.search.loops import FOLLOW
from serving.listings.management.changing import ListingChange, change_listing
from tests.factories.listings import PLAIN, add_listing, dealer
from tests.factories.managers import manager
from tests.serving.price_bands.test_service import promote

pytestmark = pytest.mark.slow
PRICES = (3_000_000, 2_900_000, 2_800_000)
SHORT_PAUSE = 0.5
"""Pause of the loop that renews bands, in seconds: the test waits for its turns, not for its real pause."""


@pytest.fixture
def loops(
    index: SearchEngine,
    session_factory: SessionFactory,
    settings: Settings,
    storage: Storage,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[None]:
    monkeypatch.setattr(follow, "open_search_engine", lambda _: index)
    stop = threading.Event()
    bands = replace(band_loops.FOLLOW, pause_seconds=SHORT_PAUSE)
    worker = Worker(Platform(settings, session_factory, storage), [FOLLOW, bands], stop)
    thread = threading.Thread(target=worker.run)
    thread.start()
    yield
    stop.set()
    thread.join(60)
    assert not thread.is_alive()


def seconds_until(condition: Callable[[], bool]) -> float:
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < 60, "it never came"
        time.sleep(0.05)
    return time.monotonic() - began


def found(index: SearchEngine, **filters: object) -> int:
    if not index.index_id():
        return 0
    query = SearchQuery(filters=ListingFilters(**filters))  # type: ignore[arg-type]
    return index.search(query, Audience.anonymous()).total


def is_priced(index: SearchEngine, price: int) -> bool:
    return found(index, price_min=price, price_max=price) == 1


def change_price(factory: SessionFactory, car: UUID, price: int) -> None:
    with transaction(factory) as session:
        person, org = User(), dealer(session)
        session.add(person)
        session.flush()
        agent = Principal(person.id, (Membership(org.id, org.code, Role.SALES_AGENT),))
        change_listing(session, manager(agent), car, ListingChange({"price_pkr": price}), "*")


def band_of(factory: SessionFactory, car: UUID) -> PriceBand | None:
    """The band, if it is of the car as it is now."""
    with factory() as session:
        band, listing = session.get(PriceBand, car), session.get_one(Listing, car)
        return band if band is not None and band.listing_updated_at == listing.updated_at else None


def test_changed_price_is_found_at_once_and_rated_within_a_minute(
    index: SearchEngine, session_factory: SessionFactory, storage: Storage, artefact: bytes, loops: None
) -> None:
    with transaction(session_factory) as session:
        promote(session, storage, artefact, "v1")
        car = add_listing(session, **PLAIN)
    seconds_until(lambda: band_of(session_factory, car) is not None)
    waited = []
    for price in PRICES:
        change_price(session_factory, car, price)
        waited.append(seconds_until(partial(is_priced, index, price)))
    assert min(waited) < 2, waited
    change_price(session_factory, car, 500_000)
    seconds_until(lambda: band_of(session_factory, car) is not None)
    seconds_until(lambda: found(index, deal_rating=(DealRating.GREAT,)) == 1)
    assert band_loops.FOLLOW.pause_seconds < 60
    band = band_of(session_factory, car)
    assert band is not None
    assert band.low_pkr is not None
    assert band.low_pkr > 500_000
