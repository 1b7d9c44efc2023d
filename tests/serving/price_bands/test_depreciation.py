"""Depreciation curves show the years on offer, to each caller by the cars that the caller may see."""

import pytest
from sqlalchemy.orm import Session

from core.access.audience import Audience
from core.errors import AutomartError
from core.storage import Storage
from core.vocabulary import Visibility
from serving.price_bands.champion import ChampionCache
from serving.price_bands.depreciation import MOST_YEARS, depreciation_of
from tests.factories.listings import add_listing
from tests.serving.price_bands.test_service import promote

ANYBODY = Audience.anonymous()


@pytest.fixture
def cache(session: Session, storage: Storage, artefact: bytes) -> ChampionCache:
    promote(session, storage, artefact, "v1")
    return ChampionCache(storage)


def test_private_cars_neither_count_nor_widen_the_years(session: Session, cache: ChampionCache) -> None:
    for year in (2016, 2018):
        add_listing(session, model_year=year)
    before = depreciation_of(session, cache, "Toyota", "Corolla", ANYBODY)
    for year in (2005, 2017, 2022):
        add_listing(session, model_year=year, visibility=Visibility.PRIVATE)
    assert depreciation_of(session, cache, "Toyota", "Corolla", ANYBODY) == before
    assert [(year.model_year, year.offers) for year in before.years] == [(2018, 1), (2017, 0), (2016, 1)]


def test_one_old_car_does_not_make_a_page_of_years(session: Session, cache: ChampionCache) -> None:
    for year in (1955, 2020):
        add_listing(session, model_year=year)
    years = depreciation_of(session, cache, "Toyota", "Corolla", ANYBODY).years
    assert years[0].model_year == 2020
    assert years[-1].model_year > 2020 - MOST_YEARS


@pytest.mark.parametrize(
    ("make", "model", "code"),
    [("", "Corolla", "invalid_car"), ("Toyota", "a\0", "invalid_car"), ("Lada", "Niva", "depreciation_not_found"),
     ("Toyota", "Corolla", "depreciation_not_found")],
)  # fmt: skip
def test_rubbish_and_a_single_year_are_answered_with_the_reason(
    session: Session, cache: ChampionCache, make: str, model: str, code: str
) -> None:
    add_listing(session, model_year=2018)
    with pytest.raises(AutomartError) as refused:
        depreciation_of(session, cache, make, model, ANYBODY)
    assert refused.value.code == code
