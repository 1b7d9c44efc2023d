"""Whatever the index says, nobody is shown a car that is gone or not for them."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from core.access.audience import Audience
from core.errors import NotFoundError
from core.search import SearchEngine, SearchQuery, Sort, open_search_engine
from core.settings import Settings
from core.vocabulary import Channel, Visibility
from pipelines.search.rebuild import rebuild_index
from serving.listings.finding.service import get_listing, search_listings
from tests.factories.listings import add_listing, change_listing, dealer

ANYONE = Audience.anonymous()
HIDDEN = [
    {"visibility": "private"},
    {"visibility": "wholesale_public"},
    {"channels": ["autotrader"]},
    {"channels": []},
    {"status": "withdrawn"},
]


@pytest.fixture
def index(settings: Settings) -> SearchEngine:
    return open_search_engine(settings)


def shown(session: Session, index: SearchEngine, audience: Audience = ANYONE) -> list[UUID]:
    query = SearchQuery(sort=Sort.PRICE_ASC, limit=100)
    return [item.id for item in search_listings(session, index, query, audience).items]


@pytest.mark.parametrize("change", HIDDEN)
def test_index_that_is_behind_shows_nothing_hidden(
    session: Session, index: SearchEngine, change: dict[str, object]
) -> None:
    cars = [add_listing(session, price_pkr=price) for price in (3, 1, 2)]
    rebuild_index(session, index)
    change_listing(session, cars[1], **change)
    assert index.count(ANYONE) == 3
    assert shown(session, index) == [cars[2], cars[0]]


@pytest.mark.parametrize("columns", HIDDEN)
def test_hidden_listing_is_not_found_by_id(session: Session, columns: dict[str, object]) -> None:
    car = add_listing(session, **columns)
    for listing_id in (car, uuid4()):
        with pytest.raises(NotFoundError) as caught:
            get_listing(session, listing_id, ANYONE)
        assert caught.value.code == "listing_not_found"


def test_index_and_sql_agree_on_every_audience(session: Session, index: SearchEngine) -> None:
    for org in ("khan-motors", "malik-cars"):
        for visibility in Visibility:
            for channels in (["automart"], ["autotrader"], ["automart", "autotrader"]):
                add_listing(session, org=org, visibility=visibility, channels=channels)
    rebuild_index(session, index)
    for channel in Channel:
        for visibilities in (set(), {Visibility.PUBLIC}, {Visibility.PUBLIC, Visibility.WHOLESALE_PUBLIC}):
            for own in (None, dealer(session).id):
                audience = Audience(channel, frozenset(visibilities), own)
                hits = index.search(SearchQuery(sort=Sort.PRICE_ASC, limit=100), audience).ids
                assert shown(session, index, audience) == hits
                assert all(get_listing(session, hit, audience) for hit in hits)


def test_page_costs_one_statement(session: Session, index: SearchEngine) -> None:
    for _ in range(30):
        add_listing(session)
    rebuild_index(session, index)
    statements: list[str] = []
    bind = session.get_bind()
    event.listen(bind, "before_cursor_execute", lambda *args: statements.append(args[2]))
    assert len(shown(session, index)) == 30
    assert len(statements) == 1
