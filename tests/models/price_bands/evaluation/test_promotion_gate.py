"""The gate: noise does not veto, harm in one segment does, thin segments cannot."""

import numpy as np
import polars as pl
import pytest

from models.price_bands.evaluation.promotion_gate import FEWEST_ROWS, balanced_weights, compare, feed_masks, losses
from models.price_bands.inputs.segments import segment_masks
from tests.models.price_bands.conftest import invented_market

RANDOM = np.random.default_rng(9)
ERRORS = RANDOM.gamma(1.5, 0.06, 2_000)


def worse(
    ours: np.ndarray, theirs: np.ndarray, segments: dict[str, pl.Series] | None = None, **more: float
) -> list[str]:
    found = compare({"error": ours}, {"error": theirs}, segments or {}, **more)
    return [each.segment for each in found if each.worse]


def mask(first: int) -> pl.Series:
    return pl.Series(np.arange(len(ERRORS)) < first)


@pytest.mark.parametrize("seed", range(20))
def test_equally_good_models_are_not_told_apart(seed: int) -> None:
    noise = np.random.default_rng(seed).normal(0, 0.03, len(ERRORS))
    segments = {f"part{number}": pl.Series(np.arange(len(ERRORS)) % 10 == number) for number in range(10)}
    assert worse(np.abs(ERRORS + noise), np.abs(ERRORS - noise), segments) == []


def test_a_model_that_is_worse_everywhere_is_seen() -> None:
    assert worse(ERRORS * 1.05, ERRORS) == ["all"]
    assert worse(ERRORS, ERRORS * 1.05) == []


def test_the_tolerance_is_allowed_for() -> None:
    assert worse(ERRORS * 1.05, ERRORS, tolerance=0.06) == []


def test_a_model_that_is_better_over_all_may_not_ruin_one_segment() -> None:
    ours = np.where(np.arange(len(ERRORS)) < 200, ERRORS * 1.5, ERRORS * 0.9)
    assert worse(ours, ERRORS, {"rare_models": mask(200)}) == ["rare_models"]


def test_a_thin_segment_has_no_veto() -> None:
    ours = np.where(np.arange(len(ERRORS)) < FEWEST_ROWS - 1, ERRORS * 2, ERRORS * 0.5)
    assert worse(ours, ERRORS, {"rare_models": mask(FEWEST_ROWS - 1)}) == []


def test_one_absurd_ad_does_not_decide() -> None:
    price = pl.Series([1_000_000] * 300)
    bands = pl.DataFrame({"low_pkr": [900_000] * 300, "mid_pkr": [1_000_000] * 300, "high_pkr": [1_100_000] * 300})
    odd = bands.with_columns(mid_pkr=pl.Series([900_000_000] + [1_000_000] * 299))
    found = compare(losses(price, odd), losses(price, bands), {})
    assert [each.worse for each in found] == [False, False]


def test_a_band_wins_neither_by_being_wide_nor_by_being_narrow() -> None:
    price = pl.Series(1_000_000 * np.exp(RANDOM.normal(0, 0.1, 1_000)))

    def band(width: float) -> float:
        frame = pl.DataFrame({"low_pkr": [1_000_000 * np.exp(-width)] * 1_000, "mid_pkr": [1_000_000] * 1_000,
                              "high_pkr": [1_000_000 * np.exp(width)] * 1_000})  # fmt: skip
        return float(losses(price, frame)["score"].mean())

    right = 0.1 * 1.2816  # the 80 % band of this noise
    assert band(right) < min(band(right / 3), band(right * 3))


def test_cars_that_one_of_them_does_not_answer_are_left_out() -> None:
    theirs = np.where(np.arange(len(ERRORS)) < 500, np.nan, ERRORS)
    (found,) = compare({"error": ERRORS}, {"error": theirs}, {})
    assert (found.rows, found.ours) == (1_500, found.theirs)


def test_segments_are_parts_of_the_market() -> None:
    cars, peers = invented_market(400), invented_market(300, seed=2)
    masks = segment_masks(cars, peers)
    assert {"rare_models", "twenty_years_and_older", "cheapest_quarter", "make_toyota", "province_punjab"} <= set(masks)
    ages = [masks[name] for name in ("under_5_years", "5_to_11_years", "12_to_19_years", "twenty_years_and_older")]
    assert sum(each.cast(pl.Int64) for each in ages).to_list() == [1] * 400  # type: ignore[union-attr]
    assert set(cars.filter(masks["rare_models"])["model"]) == {"X5", "Sportage"}
    assert segment_masks(cars[:0], peers) == {}


def test_feed_of_four_times_the_ads_has_twice_the_say() -> None:
    cars = pl.DataFrame({"make": ["Kia"] * 500, "feed": ["big"] * 400 + ["small"] * 100})
    weights = balanced_weights(cars)
    assert weights[:400].sum() == pytest.approx(2 * weights[400:].sum())
    assert np.ptp(balanced_weights(cars.drop("feed"))) == 0


def test_feed_of_most_ads_does_not_decide_alone() -> None:
    feeds = pl.Series(["big"] * 1_200 + [f"feed {n % 4}" for n in range(800)])
    cars = pl.DataFrame({"make": ["Kia"] * 2_000, "feed": feeds})
    ours = np.where(feeds.to_numpy() == "big", ERRORS * 0.85, ERRORS * 1.2)
    assert worse(ours, ERRORS) == []  # 60 % of the ads are better off
    assert worse(ours, ERRORS, weights=balanced_weights(cars)) == ["all"]  # type: ignore[arg-type]
    assert "other_feeds" in worse(ours, ERRORS, feed_masks(cars))


def test_only_feeds_with_ads_enough_have_a_veto_of_their_own() -> None:
    cars = pl.DataFrame({"feed": ["big"] * 200 + ["fair"] * FEWEST_ROWS + ["small"] * (FEWEST_ROWS - 1)})
    assert list(feed_masks(cars)) == ["feed_big", "feed_fair", "other_feeds"]
    assert feed_masks(cars[:200]) == {}
