"""Drift: nothing where nothing changed, something where it did; and the card that carries the profile."""

import json
from datetime import timedelta

import polars as pl
import pytest

from models.price_bands.code_digest import code_digest
from models.price_bands.evaluation.drift import (
    FEWEST_CARS,
    LARGE_PSI,
    NOTABLE_PSI,
    NUMBERS,
    WORDS,
    drift,
    input_problems,
    profile,
)
from models.price_bands.evaluation.model_card import render
from models.price_bands.inputs.features import build
from tests.models.price_bands.conftest import AS_OF, invented_market


def features(cars: pl.DataFrame) -> pl.DataFrame:
    return build(cars, as_of=AS_OF)


MARKET = invented_market(2_000, seed=11)
REFERENCE = profile(features(MARKET))


def test_cars_of_the_same_market_do_not_drift() -> None:
    found = drift(REFERENCE, features(invented_market(1_000, seed=12)))
    assert set(found) == {*NUMBERS, *WORDS}
    assert max(found.values()) < NOTABLE_PSI


def test_a_profile_against_itself_is_nothing() -> None:
    assert max(drift(REFERENCE, features(MARKET)).values()) < 1e-6


@pytest.mark.parametrize(
    ("change", "drifted"),
    [
        ({"mileage_km": pl.col("mileage_km") * 3}, {"km"}),
        ({"city": pl.lit("Quetta")}, {"city_key"}),
        ({"fuel": pl.lit(None, pl.String)}, {"fuel"}),
        ({"listed_on": pl.col("listed_on") + timedelta(days=5 * 365)}, {"age"}),
    ],
)
def test_only_what_changed_drifts(change: dict[str, pl.Expr], drifted: set[str]) -> None:
    found = drift(REFERENCE, features(invented_market(1_000, seed=13).with_columns(**change)))
    assert {name for name, psi in found.items() if psi > LARGE_PSI} == drifted


def problems(cars: pl.DataFrame) -> list[str]:
    return input_problems(REFERENCE, cars, features(cars))


def two_feeds(count: int, share: float, change: dict[str, pl.Expr]) -> pl.DataFrame:
    """The first ads are of the feed "odd", changed; the others of "even", as the market is."""
    odd = pl.int_range(pl.len()) < share * count
    cars = invented_market(count, seed=14)
    changed = [pl.when(odd).then(expr).otherwise(pl.col(name)).alias(name) for name, expr in change.items()]
    return cars.with_columns(*changed, feed=pl.when(odd).then(pl.lit("odd")).otherwise(pl.lit("even")))


@pytest.mark.parametrize("seed", range(10))
def test_honest_ads_have_no_input_problem(seed: int) -> None:
    assert problems(invented_market(170, seed=100 + seed)) == []


def test_column_that_one_feed_leaves_out_is_named_with_the_feed() -> None:
    cars = two_feeds(300, 0.5, {"assembly": pl.lit(None, pl.String), "mileage_km": pl.lit(None, pl.Int32)})
    found = problems(cars)
    assert [each.split(" is ")[0] for each in found] == ["assembly", "mileage"]
    assert found[0] == "assembly is not stated for 50% of the new ads (0% in training), mostly in the feed odd"


def test_other_cars_are_named_with_their_feed() -> None:
    (found,) = problems(two_feeds(300, 0.6, {"city": pl.lit("Quetta")}))
    assert found.startswith("city is distributed otherwise than in training (PSI ")
    assert found.endswith("mostly in the feed odd")


def test_gap_within_the_limit_and_too_few_ads_are_no_problem() -> None:
    assert problems(two_feeds(300, 0.1, {"assembly": pl.lit(None, pl.String)})) == []
    assert problems(two_feeds(FEWEST_CARS - 1, 1.0, {"assembly": pl.lit(None, pl.String)})) == []


def test_a_profile_survives_json_and_an_unknown_input_is_passed_over() -> None:
    read = json.loads(json.dumps(REFERENCE))
    assert read == REFERENCE
    assert "horoscope" not in drift(read | {"horoscope": {"names": [], "shares": [0, 1]}}, features(MARKET))


def test_no_cars_drift_nowhere_near_infinity() -> None:
    assert all(psi == psi and psi < 50 for psi in drift(REFERENCE, features(MARKET[:0])).values())


def test_the_card_says_what_was_left_out_and_how_good_the_model_is() -> None:
    metrics = {
        "rows": 812, "answered": 800, "median_ape": 0.0612, "mape": 0.102, "coverage": 0.803, "mean_width": 0.31,
        "trained_on": 3_200, "first_test_day": "2026-03-20", "heuristic": {"rows": 812, "median_ape": 0.086},
        "segments": {"rare_models": {"rows": 90, "coverage": 0.78}},
        "gate": [{"segment": "make_kia", "loss": "error", "rows": 140, "ours": 0.1, "theirs": 0.08, "worse": True}],
    }  # fmt: skip
    card = {
        "samples": 4_012,
        "excluded": {"call_for_price": 137, "repost": 46},
        "metrics": metrics,
        "data_digest": "ab",
    }
    text = render(card, version="20260331-ab", status="rejected")
    for line in (
        "# Price model 20260331-ab",
        "183 listings were left out",
        "| call_for_price | 137 | no asking price |",
        "| all | 812 | 800 | 6.1% | 10.2% | 80.3% | 31.0% |",
        "| rare_models | 90 |  |  |  | 78.0% |  |",
        "| make_kia | error | 10.0% | 8.0% |",
        "judged on the ads since 2026-03-20",
    ):
        assert line in text
    assert "nan" not in text.lower().split("not for")[0]
    assert "None" not in text


def test_a_card_without_metrics_is_rendered() -> None:
    assert "0 listings were left out" in render({}, version="v", status="champion")
    assert "recalibrated from v1 on 812 newer ads" in render({"parent": "v1", "fresh": 812}, version="v", status="x")


def test_the_code_has_one_digest() -> None:
    assert code_digest() == code_digest()
    assert len(code_digest()) == 12
