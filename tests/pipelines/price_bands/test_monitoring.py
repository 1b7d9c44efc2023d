"""The daily watch and the recalibration that it calls for."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db.tables import Listing, PriceAccuracy, PriceBand, PriceDrift, PriceModel, PriceModelEvent
from core.prices.models import champion
from core.storage import Storage
from models.price_bands.artifact import loads
from pipelines.price_bands.coverage_rules import coverage_problems, level_problem
from pipelines.price_bands.monitoring import watch_prices
from pipelines.price_bands.refresh import refresh_bands
from pipelines.price_bands.versions.recalibration import recalibrate_model
from tests.factories.price_bands import arrive


def measured(session: Session) -> dict[str, PriceAccuracy]:
    return {row.segment: row for row in session.scalars(select(PriceAccuracy))}


def test_only_newly_priced_ads_are_measured(trained: Session, storage: Storage) -> None:
    assert watch_prices(trained, storage).fresh == 0
    assert measured(trained) == {}
    arrive(trained, 300)
    result = watch_prices(trained, storage)
    assert result.fresh + result.left_out == 300
    rows = measured(trained)
    assert rows["all"].rows == result.fresh
    assert rows["all"].coverage == pytest.approx(0.8, abs=0.1)
    assert rows["all"].level == pytest.approx(0.0, abs=0.04)
    assert {"rare_models", "cheapest_quarter", "make_toyota"} <= set(rows)
    assert sum(row.rows for name, row in rows.items() if name.startswith("week ")) == result.fresh
    drift = {row.input: row.psi for row in trained.scalars(select(PriceDrift))}
    assert {"km", "make_key", "fuel"} <= set(drift)
    assert drift["make_key"] < 0.25
    again = watch_prices(trained, storage)  # the same day: in place of the first
    assert (len(measured(trained)), again.fresh) == (len(rows), result.fresh)


def test_a_price_that_is_not_true_is_left_out_of_the_watch(trained: Session, storage: Storage) -> None:
    arrive(trained, 150)
    key = trained.scalars(select(Listing.id).where(Listing.source_key == "car-41-0")).one()
    trained.get_one(Listing, key).price_pkr = 100
    trained.flush()
    before = watch_prices(trained, storage)
    assert before.left_out >= 1
    assert before.fresh + before.left_out == 150


def test_without_a_champion_nothing_is_measured(filled: Session, storage: Storage) -> None:
    assert watch_prices(filled, storage).version is None
    assert recalibrate_model(filled, storage).status == "no_model"


def test_a_market_that_rose_is_seen_recalibrated_and_keeps_its_promises_again(
    trained: Session, storage: Storage
) -> None:
    arrive(trained, 400, factor=1.25)
    before = watch_prices(trained, storage)
    assert "all" in coverage_problems(before.accuracy)[0]
    assert "dearer than the model says" in level_problem(before.accuracy)[0]
    old = champion(trained)
    assert old is not None
    result = recalibrate_model(trained, storage)
    row = champion(trained)
    assert row is not None
    assert (result.status, row.version, row.origin, row.parent_version) == (
        "champion", result.version, "recalibrated", old.version,
    )  # fmt: skip
    assert result.metrics["champion"]["median_ape"] > result.metrics["median_ape"]
    assert f"recalibrated from {old.version}" in result.card
    after, base = (loads(storage.get(each.storage_key)).regression for each in (row, old))
    assert after is not None
    assert base is not None
    assert after.state()[0] == base.state()[0]
    event = trained.scalars(select(PriceModelEvent).where(PriceModelEvent.version == row.version)).one()
    assert (event.kind, event.replaced, event.actor) == ("promoted", old.version, "price_recalibration")
    refresh_bands(trained, storage)
    assert set(trained.scalars(select(PriceBand.model_version))) == {row.version}
    assert recalibrate_model(trained, storage).status == "too_few_samples"  # the new version has seen these ads


def test_a_model_that_keeps_its_promises_is_left_alone(trained: Session, storage: Storage) -> None:
    arrive(trained, 300)
    result = recalibrate_model(trained, storage)
    assert result.status == "not_needed"
    assert len(trained.scalars(select(PriceModel)).all()) == 1


def test_few_new_ads_recalibrate_nothing(trained: Session, storage: Storage) -> None:
    arrive(trained, 60, factor=2.0)
    assert recalibrate_model(trained, storage).status == "too_few_samples"


def row(segment: str, coverage: float, count: int = 1_000, level: float = 0.0) -> dict[str, object]:
    return {"segment": segment, "answered": count, "coverage": coverage, "level": level, "level_error": 0.005}


@pytest.mark.parametrize(
    ("rows", "broken"),
    [
        ([row("all", 0.80)], False),
        ([row("all", 0.765)], False),
        ([row("all", 0.70)], True),
        ([row("all", 0.92)], True),
        ([row("all", 0.70, 60)], False),
        ([row("all", 0.80), row("make_kia", 0.66)], True),
        ([row("all", 0.80), row("make_kia", 0.66, 80)], False),
        ([row("all", 0.80), row("make_kia", 0.97)], False),
        ([row("all", 0.80), row("week 2026-W45", 0.5)], False),
        ([], False),
    ],
)
def test_a_promise_is_broken_only_beyond_noise(rows: list[dict[str, object]], broken: bool) -> None:
    assert bool(coverage_problems(rows)) is broken


@pytest.mark.parametrize(
    ("levels", "broken"),
    [([0.0, 0.01], False), ([0.09, 0.08], True), ([-0.09, -0.08], True), ([0.2, 0, 0, 0, 0], False)],
)
def test_the_level_is_that_of_the_latest_weeks(levels: list[float], broken: bool) -> None:
    rows = [row(f"week 2026-W{10 + number}", 0.8, 100, level) for number, level in enumerate(levels)]
    assert bool(level_problem(rows)) is broken
