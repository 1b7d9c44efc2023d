"""A filter evaluated in Python passes the listings that the engine finds with it."""

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from sqlalchemy.orm import Session

from core.access.audience import Audience
from core.search import ListingFilters, SearchQuery, open_search_engine
from core.search.filters import AnyOf, TermField
from core.settings import Settings
from core.vocabulary import Channel, Visibility
from pipelines.search.rebuild import rebuild_index
from serving.listings.finding.filter_eval import matches
from serving.listings.finding.repository import ListingRepository
from tests.conformance import market, market_filters
from tests.examples import examples

EVERYONE = Audience(Channel.AUTOMART, frozenset(Visibility))


@pytest.mark.slow
def test_evaluated_filters_pass_the_listings_that_the_engine_finds(session: Session, settings: Settings) -> None:
    market.fill(session)
    index = open_search_engine(settings)
    rebuild_index(session, index)
    every = index.search(SearchQuery(limit=100), EVERYONE).ids
    views = ListingRepository(session).visible(every, EVERYONE)
    assert 20 < len(views) < 100
    passed: set[int] = set()

    @given(market_filters.alone | market_filters.together)
    @hypothesis_settings(max_examples=examples(300))
    def probe(filters: ListingFilters) -> None:
        expected = set(index.search(SearchQuery(filters=filters, limit=100), EVERYONE).ids)
        assert {view.id for view in views if matches(filters.tree(), view)} == expected
        passed.add(len(expected))

    probe()
    assert len(passed) > 20, "the filters must tell listings apart, or nothing was compared"


@pytest.mark.parametrize("field", [TermField.VISIBILITY, TermField.CHANNEL, TermField.ORG])
def test_fields_that_a_view_does_not_have_are_refused(field: TermField) -> None:
    with pytest.raises(ValueError, match=field.value):
        matches(AnyOf(field, ("public",)), None)  # type: ignore[arg-type]
