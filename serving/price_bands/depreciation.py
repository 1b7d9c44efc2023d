"""Read how the price of a car model falls with its years, and how many cars on offer stand behind each year."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from core.access.audience import Audience
from core.clock import market_today
from serving.price_bands.champion import ChampionCache
from serving.price_bands.errors import DepreciationNotFoundError
from serving.price_bands.market import MarketRepository
from serving.price_bands.quote_request import QuoteRequest
from serving.price_bands.service import Band, quote_by

MOST_YEARS = 30
_FEWEST_YEARS = 2
"""A single year is no curve."""


@dataclass(frozen=True, slots=True)
class YearOfModel:
    """The asking price of the usual car of a model year, as a quote of make, model and year alone gives it."""

    model_year: int
    age: int
    low_pkr: int
    mid_pkr: int
    high_pkr: int
    share_of_newest: float  # of the middle of the newest year shown: 0.8 has lost a fifth
    method: str  # core.vocabulary.BandMethod
    offers: int  # cars of the year on offer, as the caller sees the market


@dataclass(frozen=True, slots=True)
class DepreciationCurve:
    """The years of a model that have a band, newest first."""

    make: str
    model: str
    model_version: str
    years: list[YearOfModel]


def depreciation_of(
    session: Session, cache: ChampionCache, make: str, model: str, audience: Audience
) -> DepreciationCurve:
    """Quote every model year between the newest and the oldest car on offer, at most the newest `MOST_YEARS`.

    A year between them without a car on offer is shown with 0 offers. Years outside are left out: their prices would
    rest on cars that nobody offers.

    Raises:
        InvalidInputError: `invalid_car`.
        NotFoundError: `no_price_model`, or `depreciation_not_found`: fewer than two years have a band.
    """
    today = market_today().year
    QuoteRequest(make, model, today)  # refuses rubbish before anything is read
    found = cache.require(session)
    offers = MarketRepository(session).offers_by_year(make, model, audience)
    if not offers:
        raise DepreciationNotFoundError(make, model, "no car of it is on offer")
    newest = max(offers)
    cars = [
        QuoteRequest(make, model, year) for year in range(newest, max(min(offers), newest - MOST_YEARS + 1) - 1, -1)
    ]
    bands = quote_by(found, cars)
    shown = [(car.model_year, band) for car, band in zip(cars, bands, strict=True) if band.mid_pkr is not None]
    if len(shown) < _FEWEST_YEARS:
        raise DepreciationNotFoundError(make, model, "fewer than two of its years have a price band")
    first = shown[0][1].mid_pkr
    assert first is not None  # noqa: S101  (chosen so above)
    years = [_year(year, today - year, band, first, offers.get(year, 0)) for year, band in shown]
    return DepreciationCurve(make, model, found.version, years)


def _year(year: int, age: int, band: Band, first: int, offers: int) -> YearOfModel:
    low, mid, high = band.low_pkr, band.mid_pkr, band.high_pkr
    assert low is not None and mid is not None and high is not None  # noqa: S101, PT018  (a band has all three)
    return YearOfModel(year, age, low, mid, high, round(mid / first, 4), band.method, offers)
