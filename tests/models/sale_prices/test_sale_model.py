"""The sale model on invented sales, of which it is known what it should find."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest

from models.sale_prices.sales import Offers
from models.sale_prices.train import Missing, SaleModel, expected, train
from samples.sales import BARGAINED, DISCOUNT, invented_sales


def many(sales: pl.DataFrame) -> pl.DataFrame:
    return sales if sales.filter("is_sold").height >= 1000 else sales.clear()


@pytest.fixture(scope="module")
def model() -> SaleModel:
    return train(invented_sales(), teaching=many)


def test_expected_sale_price_is_the_share_of_the_asking_price_that_buyers_pay(model: SaleModel) -> None:
    above = np.array([-0.1, 0.0, 0.1])
    shares, _ = expected(model, Offers.of(3e6 * np.exp(above), np.full(3, 3e6), np.full(3, 8.0)))
    assert shares is not None
    assert shares[:, 1] == pytest.approx(np.exp(-DISCOUNT - BARGAINED * above), rel=0.01)
    assert (np.diff(shares, axis=1) > 0).all()


def test_bands_and_days_hold_what_they_say_on_later_cars(model: SaleModel) -> None:
    assert model.metrics["price"]["coverage"] == pytest.approx(0.8, abs=0.04)
    assert model.metrics["price"]["mape"] < 0.8 * model.metrics["price"]["mape_of_one_share"]
    within = model.metrics["days"]["sold_within"]
    assert {name: round(share, 1) for name, share in within.items()} == {
        name: pytest.approx(float(name.rstrip("%")) / 100, abs=0.1) for name in within
    }
    assert {"25%", "50%"} <= within.keys()


def test_cars_still_on_offer_count_as_slower_ones(model: SaleModel) -> None:
    sales = invented_sales()
    _, days = expected(model, Offers.of(np.array([3e6]), np.array([3e6]), np.array([8.0])))
    sold_alone = sales.filter("is_sold")["days"].median()
    assert days is not None
    assert isinstance(sold_alone, float)
    assert days[0, 1] == pytest.approx(25, rel=0.15)
    assert sold_alone < 0.93 * days[0, 1]


def test_dear_cars_take_longer(model: SaleModel) -> None:
    _, days = expected(model, Offers.of(np.array([2.7e6, 3.0e6, 3.3e6]), np.full(3, 3e6), np.full(3, 8.0)))
    assert days is not None
    assert (np.diff(days, axis=0) > 0).all()


@pytest.mark.parametrize(
    ("spoil", "price", "days"),
    [
        pytest.param(lambda sales: sales.head(900), Missing.TOO_FEW_SALES, Missing.TOO_FEW_SALES, id="few"),
        pytest.param(
            lambda sales: sales.with_columns(sold_pkr=pl.lit(None, pl.Int64)), Missing.TOO_FEW_SALES, None, id="untold"
        ),
        pytest.param(
            lambda sales: sales.with_columns(
                sold_pkr=pl.when(pl.col("is_sold") & (pl.col("ended_on") > date(2026, 9, 25)))
                .then(pl.col("asked_pkr") * 7 // 10)
                .otherwise("sold_pkr")
            ),
            Missing.NOT_CALIBRATED,
            None,
            id="another market since",
        ),
    ],
)
def test_no_half_answers_that_knows_too_little(
    spoil: Callable[[pl.DataFrame], pl.DataFrame], price: Missing, days: Missing | None
) -> None:
    found = train(spoil(invented_sales()), teaching=many)
    assert (found.no_discount, found.no_waiting) == (price, days)
    assert (found.discount is None, found.waiting is None) == (True, days is not None)


def test_slips_teach_nothing(model: SaleModel) -> None:
    slipped = invented_sales().with_columns(
        sold_pkr=pl.when(pl.int_range(pl.len()) % 10 == 0).then(pl.col("sold_pkr") // 10).otherwise("sold_pkr")
    )
    found = train(slipped, teaching=many)
    assert found.discount is not None
    assert model.discount is not None
    assert found.discount.weights == pytest.approx(model.discount.weights, abs=0.02)  # other sales are held out


def test_one_seller_with_many_cars_does_not_set_the_share(model: SaleModel) -> None:
    sales = invented_sales()
    low = sales.filter("is_sold").head(300).with_columns(seller=pl.lit("one"), sold_pkr=pl.col("asked_pkr") * 6 // 10)
    found = train(pl.concat([sales, low]), teaching=many)
    if found.discount is not None:
        assert model.discount is not None
        assert found.discount.weights[0] == pytest.approx(model.discount.weights[0], abs=0.02)


def test_model_survives_being_stored_as_json(model: SaleModel) -> None:
    assert SaleModel.from_state(model.state()) == replace(model, metrics={})
    assert "metrics" not in model.state()  # counts of sales are not for everybody
