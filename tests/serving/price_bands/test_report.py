"""The valuation report shows what its reader may see, in both languages, and escapes what people wrote."""

from dataclasses import replace
from uuid import UUID
from xml.etree import ElementTree

import pytest
from sqlalchemy.orm import Session

from core.access.audience import Audience
from core.errors import NotFoundError
from core.storage import Storage
from models.price_bands.narrowing import Narrowing
from models.price_bands.shapley import INPUTS, NOT_STATED
from serving.price_bands.champion import ChampionCache
from serving.price_bands.expected_sale import ExpectedSale
from serving.price_bands.report.page import report_page, valuation_of
from serving.price_bands.report.words import say
from tests.factories.bands import add_band
from tests.factories.listings import add_listing
from tests.serving.price_bands.test_explain import AUGUST, JULY, index_row, offer
from tests.serving.price_bands.test_service import promote

ANYBODY = Audience.anonymous()


@pytest.fixture
def cache(session: Session, storage: Storage, artefact: bytes) -> ChampionCache:
    promote(session, storage, artefact, "v1")
    return ChampionCache(storage)


def asked_about(session: Session, **columns: object) -> UUID:
    offer(session, 8)
    session.add_all(
        [index_row("model", "toyota|corolla", JULY, 100), index_row("model", "toyota|corolla", AUGUST, 102)]
    )
    return add_listing(session, model_year=2019, mileage_km=None, title="Corolla <script>alert(1)</script>", **columns)


@pytest.mark.parametrize(("language", "direction"), [("en", "ltr"), ("ur", "rtl")])
def test_a_report_shows_band_reasons_like_cars_and_trend(
    session: Session, cache: ChampionCache, language: str, direction: str
) -> None:
    listing = asked_about(session, price_pkr=4_100_000)
    add_band(session, listing, 3_600_000, 4_000_000, 4_500_000)
    session.flush()
    found = valuation_of(session, cache, listing, ANYBODY)
    why = replace(found.why, narrowings=[Narrowing("transmission", 0.09, 0.05)])
    page = report_page(replace(found, why=why), language)
    assert f'<html lang="{language}" dir="{direction}">' in page
    assert "<script" not in page
    assert "PKR 3,600,000" in page
    titles = ("Why this price", "Similar cars on offer", "Trend of prices", "Basis of this report",
              "What would narrow the band", "Price by model year",
              "These are asking prices, not prices of sales.")  # fmt: skip
    for title in titles:
        assert say(title, language) in page
    assert page.count("<svg") == 4
    assert found.depreciation is not None
    assert f"{found.depreciation.years[0].mid_pkr:,}" in page
    drawings = [part.split("</svg>")[0] for part in page.split("<svg")[1:]]
    for drawing in drawings:
        ElementTree.fromstring(f"<svg{drawing}</svg>")


def test_a_listing_without_a_band_gets_a_report_that_says_so(session: Session, cache: ChampionCache) -> None:
    listing = add_listing(session, model="Nobody Knows It")
    page = report_page(valuation_of(session, cache, listing, ANYBODY), "en")
    assert "No band" in page
    assert page.count("Nothing to compare with yet.") == 2
    assert "Price by model year" not in page


def test_a_report_says_what_to_expect_of_a_sale_once_that_is_known(session: Session, cache: ChampionCache) -> None:
    listing = asked_about(session, price_pkr=4_100_000)
    add_band(session, listing, 3_600_000, 4_000_000, 4_500_000)
    session.flush()
    found = valuation_of(session, cache, listing, ANYBODY)
    assert "Expected sale price" not in report_page(found, "en")
    sale = ExpectedSale(4_100_000, 3_800_000, 3_950_000, 4_050_000, None, 9, 21, None, None)
    for language in ("en", "ur"):
        page = report_page(replace(found, band=replace(found.band, sale=sale)), language)
        assert say("Expected sale price", language) in page
        assert "PKR 3,800,000" in page
        assert f"{say('Days in which half of such cars sell', language)}" in page


def test_a_listing_that_the_reader_may_not_see_has_no_report(session: Session, cache: ChampionCache) -> None:
    listing = add_listing(session, visibility="private")
    with pytest.raises(NotFoundError):
        valuation_of(session, cache, listing, ANYBODY)


def test_every_input_has_a_name_in_urdu() -> None:
    for name in (*INPUTS, NOT_STATED):
        assert say(name.replace("_", " "), "ur") != name
