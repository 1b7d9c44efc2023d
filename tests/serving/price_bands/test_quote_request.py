"""A car in question has values of the right kind, within bounds."""

from typing import Any

import pytest

from core.errors import InvalidInputError
from serving.price_bands.quote_request import QuoteRequest

CAR: dict[str, Any] = {"make": "Toyota", "model": "Corolla", "model_year": 2018}


@pytest.mark.parametrize("name", ["model_year", "mileage_km", "engine_cc", "battery_kwh", "price_pkr"])
@pytest.mark.parametrize("value", [True, False, "2018", float("nan"), float("inf"), -1])
def test_number_of_the_wrong_kind_is_named(name: str, value: Any) -> None:
    with pytest.raises(InvalidInputError, match=f"{name} must be") as caught:
        QuoteRequest(**CAR | {name: value})
    assert caught.value.code == "invalid_car"


def test_battery_may_be_a_whole_number() -> None:
    assert QuoteRequest(**CAR, battery_kwh=40).battery_kwh == 40
