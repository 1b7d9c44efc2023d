"""Guarantees of training: what the band covers, what confidence means, same in same out, bytes and back."""

import dataclasses
import io
import json
import zipfile
from datetime import date

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from models.price_bands import artifact
from models.price_bands.artifact import PriceBandModel, UnreadableArtifactError, dumps, loads
from models.price_bands.boosting.regressor import Estimates
from models.price_bands.calibrate import BAND_LEVEL, LEVELS, fit_calibration
from models.price_bands.evaluation.metrics import by_segment, measure, measure_middle, median_heuristic
from models.price_bands.inputs.unstated import FIELDS
from models.price_bands.predict import predict_bands
from models.price_bands.train import fit
from tests.models.price_bands.conftest import AS_OF, invented_market
from tests.trained_models import TrainedModels


def test_bands_cover_their_levels_on_exchangeable_cars(model: PriceBandModel, market: pl.DataFrame) -> None:
    unseen = invented_market(3_000, seed=2)
    bands = predict_bands(model, unseen)
    metrics = measure(unseen["price_pkr"], bands)
    noise = float(np.sqrt(BAND_LEVEL * (1 - BAND_LEVEL) * (1 / market.height + 1 / unseen.height)))
    assert metrics.coverage == pytest.approx(BAND_LEVEL, abs=3.5 * noise)
    for level, low, high in ((0.5, "low_50_pkr", "high_50_pkr"), (0.9, "low_90_pkr", "high_90_pkr")):
        inside = unseen["price_pkr"].is_between(bands[low], bands[high]).mean()
        assert inside == pytest.approx(level, abs=3.5 * np.sqrt(level * (1 - level) / market.height) + 0.01), level
    share = metrics.within_close or 0.0
    luck = float(np.sqrt(share * (1 - share) * (1 / market.height + 1 / unseen.height)))
    assert metrics.mean_confidence == pytest.approx(share, abs=3.5 * luck)
    for name, segment in by_segment(unseen, market, bands).items():
        assert segment.coverage == pytest.approx(BAND_LEVEL, abs=0.12), name
    assert metrics.median_ape < measure_middle(unseen["price_pkr"], median_heuristic(market, unseen)).median_ape


def test_calibration_covers_each_segment_whatever_the_spread_got_wrong() -> None:
    random = np.random.default_rng(7)
    count = 20_000
    age = random.uniform(0, 30, count)
    stated = np.zeros((count, len(FIELDS)), dtype=bool)
    middle = random.normal(15.0, 1.0, count)  # a market: prices differ by more than errors
    cars = Estimates(middle, np.full(count, 0.1), random.integers(1, 300, count).astype(float), age, stated)
    price = middle + random.normal(size=count) * (0.02 + 0.01 * age)  # the spread knows nothing of the age
    half = count // 2

    def part(rows: slice) -> Estimates:
        return Estimates(*(getattr(cars, field.name)[rows] for field in dataclasses.fields(cars)))

    low, high = fit_calibration(price[:half], part(slice(half)), stated=half).bounds(part(slice(half, None)))
    inside = (price[half:, None] >= low) & (price[half:, None] <= high)
    for younger, older in ((0, 4), (4, 8), (8, 13), (13, 20), (20, 30)):
        band = (age[half:] >= younger) & (age[half:] < older)
        for column, level in enumerate(LEVELS):
            assert inside[band, column].mean() == pytest.approx(level, abs=0.04)
    assert (np.diff(low, axis=1) <= 0).all()
    assert (np.diff(high, axis=1) >= 0).all()


@pytest.mark.usefixtures("few_folds")
def test_training_is_deterministic_and_the_artefact_comes_back_whole(
    market: pl.DataFrame, trained_models: TrainedModels
) -> None:
    cars = market[:250]
    trained = fit(cars, as_of=AS_OF)
    data = dumps(trained)
    assert data == trained_models.artefact(cars, as_of=AS_OF)
    with_card = dumps(dataclasses.replace(trained, card={"samples": 250}))
    back = loads(with_card)
    assert dumps(back) == with_card
    assert (back.as_of, back.card) == (AS_OF, {"samples": 250})
    assert_frame_equal(predict_bands(back, market), predict_bands(trained, market))


def test_an_artefact_holds_no_pickle(model: PriceBandModel) -> None:
    with zipfile.ZipFile(io.BytesIO(dumps(model))) as archive:
        assert {name.rpartition(".")[2] for name in archive.namelist()} == {"json", "npy"}
        for name in archive.namelist():
            if name.endswith(".npy"):
                np.load(io.BytesIO(archive.read(name)), allow_pickle=False)


def test_an_artefact_of_another_code_version_is_refused(model: PriceBandModel, monkeypatch: pytest.MonkeyPatch) -> None:
    data = dumps(model)
    monkeypatch.setattr(artifact, "CODE_VERSION", artifact.CODE_VERSION + 1)
    with pytest.raises(UnreadableArtifactError, match="automart price-bands train"):
        loads(data)


@pytest.mark.parametrize("harm", ["cut", "empty", "no manifest", "missing array"])
def test_a_damaged_artefact_is_refused_in_words(model: PriceBandModel, harm: str) -> None:
    data = dumps(model)
    if harm == "cut":
        data = data[: len(data) // 2]
    elif harm == "empty":
        data = b""
    else:
        data = _without(data, "manifest.json" if harm == "no manifest" else "comparables/age.npy")
    with pytest.raises(UnreadableArtifactError, match="damaged"):
        loads(data)


def _without(data: bytes, missing: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(buffer, "w") as target:
        for name in source.namelist():
            if name != missing:
                target.writestr(name, source.read(name))
    return buffer.getvalue()


def test_too_few_cars_give_comparables_only(market: pl.DataFrame) -> None:
    small = fit(market[:100], as_of=AS_OF)
    assert small.regression is None
    assert loads(dumps(small)).regression is None


@pytest.mark.usefixtures("few_folds")
def test_cars_without_price_or_identity_do_not_change_the_model(
    market: pl.DataFrame, trained_models: TrainedModels
) -> None:
    cars = market[:250]
    noise = market[250:300].with_columns(price_pkr=pl.lit(None, pl.Int64))
    nobody = market[300:310].with_columns(make=pl.lit(" "))
    found = dumps(fit(pl.concat([cars, noise, nobody]), as_of=AS_OF))
    assert found == trained_models.artefact(cars, as_of=AS_OF)


def test_the_heuristic_is_the_median_of_make_model_and_year_and_falls_back() -> None:
    known = pl.DataFrame(
        [("Toyota", "Corolla", 2018, 100), ("toyota", "corolla", 2018, 300), ("Toyota", "Corolla", 2015, 50),
         ("Toyota", "Vitz", 2015, 10)],
        schema=["make", "model", "model_year", "price_pkr"], orient="row",
    )  # fmt: skip
    asked = known.vstack(known[:0]).with_columns(model_year=pl.lit(2018))
    assert median_heuristic(known, asked).to_list() == [200, 200, 200, 10]
    other = asked[:2].with_columns(make=pl.Series(["Toyota", "Lada"]), model=pl.lit("X"))
    assert median_heuristic(known, other).to_list() == [75, 75]


def test_metrics_leave_out_what_cannot_be_judged(model: PriceBandModel, market: pl.DataFrame) -> None:
    cars = market[:20].with_columns(
        price_pkr=pl.when(pl.int_range(20) < 5).then(None).otherwise("price_pkr"),
        make=pl.when(pl.int_range(20) >= 18).then(pl.lit("Lada")).otherwise("make"),
    )
    metrics = measure(cars["price_pkr"], predict_bands(model, cars))
    assert (metrics.rows, metrics.answered) == (15, 13)
    json.dumps(metrics.as_json(), allow_nan=False)


@pytest.mark.usefixtures("few_folds")
def test_a_later_day_makes_an_undated_car_older(market: pl.DataFrame, trained_models: TrainedModels) -> None:
    undated = market[:30].with_columns(listed_on=pl.lit(None, pl.Date))
    model = trained_models.model(market[:250], as_of=AS_OF)
    aged = dataclasses.replace(model, as_of=date(2029, 3, 31))
    assert predict_bands(aged, undated)["mid_pkr"].sum() < predict_bands(model, undated)["mid_pkr"].sum()
