"""A saved search keeps what its words were understood as, and the words that are left."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from core.access.audience import Audience
from core.access.principal import Principal
from core.clock import utc_now
from core.db.tables.people import User
from core.search import ListingFilters, SearchQuery
from core.search.reading.chips import ChipField
from core.search.tantivy import TantivyEngine
from serving.search.saved.errors import SearchTooWideError
from serving.search.saved.keeping import Alerts, AskedSearch, NewSearch, save_search
from tests.core.search.conftest import document

CARS = [
    document(make="Honda", model="Civic", variant="Oriel", city="Lahore", title="Honda Civic Oriel 2018"),
    document(make="Toyota", model="Corolla", city="Karachi", title="Toyota Corolla GLi"),
]
INSTANT = Alerts("instant", new_match=True, price_drop=True)


@pytest.fixture
def index(tmp_path: Path) -> TantivyEngine:
    made = TantivyEngine(tmp_path / "search")
    with made.rebuilding() as batch:
        batch.upsert(CARS)
    return made


@pytest.fixture
def caller(session: Session) -> Principal:
    user = User()
    session.add(user)
    session.flush()
    return Principal(user.id)


@pytest.mark.parametrize(
    ("text", "given", "literal", "understood", "words"),
    [
        (
            "civic lahore 50 lac tak sunroof",
            {},
            frozenset(),
            {"model": ["Civic"], "city": ["Lahore"], "price_max": 5_000_000},
            "sunroof",
        ),
        ("civic lahore", {"city": ("Karachi",)}, frozenset(), {"model": ["Civic"], "city": ["Karachi"]}, ""),
        ("civic lahore", {}, frozenset({ChipField.CITY}), {"model": ["Civic"]}, "lahore"),
        ("civic lahore", {}, None, {}, "civic lahore"),
        ("white 7 seater", {"price_max": 1}, frozenset(), {"color": ["white"], "seats": [7], "price_max": 1}, ""),
    ],
)
def test_words_are_understood_when_the_search_is_saved(
    session: Session,
    index: TantivyEngine,
    caller: Principal,
    text: str,
    given: dict[str, Any],
    literal: frozenset[ChipField] | None,
    understood: dict[str, Any],
    words: str,
) -> None:
    asked = AskedSearch("q=x", SearchQuery(text, ListingFilters(**given)), literal)
    row = save_search(session, index, caller, NewSearch("x", asked, INSTANT, Audience.anonymous()), utc_now())
    assert (row.understood, row.words) == (understood, words)


@pytest.mark.parametrize("text", ["", "!?", "gari chahiye", "latest"])
def test_search_that_asks_for_every_car_is_refused(
    session: Session, index: TantivyEngine, caller: Principal, text: str
) -> None:
    new = NewSearch("x", AskedSearch("q=x", SearchQuery(text)), INSTANT, Audience.anonymous())
    with pytest.raises(SearchTooWideError):
        save_search(session, index, caller, new, utc_now())
