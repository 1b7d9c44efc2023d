"""The market index as it is read: its months, and a forecast where enough stands behind it."""

from datetime import date

import pytest
from sqlalchemy.orm import Session

from core.db.tables import MarketIndex
from models.price_bands.index.forecast import ForecastMethod
from serving.price_bands.index import NoForecast, market_index_of

MONTHS = [date(2024 + number // 12, number % 12 + 1, 1) for number in range(30)]


def add_months(session: Session, count: int, *, cars: int = 40, sellers: int = 12, model: str = "corolla") -> None:
    session.add_all(
        MarketIndex(
            segment_kind="model", segment=f"toyota|{model}", month=month, make="Toyota", model="Corolla",
            level=100 * 1.01**number, low=50.0, high=200.0, samples=cars, sellers=sellers, base_month=MONTHS[0],
        )
        for number, month in enumerate(MONTHS[:count])
    )  # fmt: skip
    session.flush()


def test_a_series_is_forecast_from_all_its_months_also_where_few_are_shown(session: Session) -> None:
    add_months(session, 30)
    series = market_index_of(session, "Toyota", "Corolla", since=MONTHS[28])
    assert [month.month for month in series.months] == MONTHS[28:]
    assert [(each.months_ahead, each.method) for each in series.forecasts] == [
        (3, ForecastMethod.DRIFT), (6, ForecastMethod.DRIFT),
    ]  # fmt: skip
    assert series.forecasts[0].month == date(2026, 9, 1)
    assert series.forecasts[0].level == pytest.approx(100 * 1.01**32)
    assert series.no_forecast is None


@pytest.mark.parametrize(("cars", "sellers"), [(4, 4), (40, 2), (40, 0)])
def test_a_month_of_few_cars_or_sellers_gives_no_forecast(session: Session, cars: int, sellers: int) -> None:
    add_months(session, 30, cars=cars, sellers=sellers)
    series = market_index_of(session, "Toyota", "Corolla")
    assert (series.forecasts, series.no_forecast) == ([], NoForecast.NOT_ENOUGH_CARS)
    assert len(series.months) == 30


def test_a_short_past_gives_no_forecast(session: Session) -> None:
    add_months(session, 8)
    series = market_index_of(session, "Toyota", "Corolla")
    assert (series.forecasts, series.no_forecast) == ([], NoForecast.NOT_ENOUGH_MONTHS)
