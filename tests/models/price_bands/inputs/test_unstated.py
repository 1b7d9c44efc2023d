"""Unstated inputs take the usual value of the narrowest group that has one; the band says how much wider it is."""

import numpy as np
import polars as pl
import pytest

from models.price_bands.artifact import PriceBandModel
from models.price_bands.calibrate import CLOSE
from models.price_bands.evaluation.metrics import Metrics, measure
from models.price_bands.inputs.columns import CarColumns
from models.price_bands.inputs.features import CarFeatures, read_features
from models.price_bands.inputs.group_statistics import medians, most_frequent
from models.price_bands.inputs.masking import GROUPS, leave_out, masked_copies
from models.price_bands.inputs.unstated import FIELDS, NUMBER_FIELDS, WORD_FIELDS, UsualValues
from models.price_bands.predict import predict_bands
from tests.models.price_bands.conftest import AS_OF, invented_market

COLUMNS = {"variant": ("variant",), "mileage": ("mileage_km",), "transmission": ("transmission",), "fuel": ("fuel",),
           "body": ("body",), "assembly": ("assembly",), "engine": ("engine_cc",), "place": ("city", "province"),
           "registered_in": ("registered_in",)}  # fmt: skip
OPTIONAL = tuple(column for columns in COLUMNS.values() for column in columns)
PATTERNS: dict[str, tuple[str, ...]] = {
    **COLUMNS,
    "gearbox and fuel": ("transmission", "fuel"),
    "trim and gearbox": ("variant", "transmission"),
    "trim and mileage": ("variant", "mileage_km"),
    "all but mileage": tuple(column for column in OPTIONAL if column != "mileage_km"),
    "all but trim": tuple(column for column in OPTIONAL if column != "variant"),
    "everything optional": OPTIONAL,
}
UNSEEN = invented_market(3_000, seed=2)


def without(cars: pl.DataFrame, columns: tuple[str, ...]) -> pl.DataFrame:
    return cars.with_columns(pl.lit(None, cars.schema[column]).alias(column) for column in columns)


def judged(model: PriceBandModel, cars: pl.DataFrame) -> tuple[Metrics, float]:
    bands = predict_bands(model, cars)
    return measure(UNSEEN["price_pkr"], bands), float(np.nanmedian(bands["mid_pkr"] / UNSEEN["price_pkr"])) - 1


@pytest.fixture(scope="module")
def stated(model: PriceBandModel) -> tuple[Metrics, float]:
    """Bands of cars that state everything; 900 training cars alone leave a bias of about two per cent."""
    return judged(model, UNSEEN)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_bands_cover_and_are_not_biased_whatever_is_left_out(
    model: PriceBandModel, stated: tuple[Metrics, float], pattern: str
) -> None:
    metrics, bias = judged(model, without(UNSEEN, PATTERNS[pattern]))
    assert metrics.coverage == pytest.approx(0.8, abs=0.05)  # 900 training cars leave three points of noise
    assert bias == pytest.approx(stated[1], abs=0.03)
    assert metrics.mean_confidence == pytest.approx(metrics.within_close, abs=0.08)


def test_a_band_is_wider_and_less_sure_where_less_is_stated(
    model: PriceBandModel, stated: tuple[Metrics, float]
) -> None:
    unstated, _ = judged(model, without(UNSEEN, OPTIONAL))
    assert (unstated.mean_width or 0) > 1.05 * (stated[0].mean_width or 0)
    assert (unstated.mean_confidence or 0) < (stated[0].mean_confidence or 0)


def test_a_feed_that_lacks_columns_has_the_bands_of_one_that_leaves_them_empty(model: PriceBandModel) -> None:
    absent, empty = UNSEEN.drop(*OPTIONAL), without(UNSEEN, OPTIONAL)
    assert predict_bands(model, absent).equals(predict_bands(model, empty))


@pytest.mark.parametrize("column", ["transmission", "fuel", "body", "assembly", "registered_in", "city", "province"])
def test_an_unknown_word_counts_as_unstated(model: PriceBandModel, column: str) -> None:
    unknown = UNSEEN.with_columns(pl.lit("of tomorrow").alias(column))
    assert predict_bands(model, unknown).equals(predict_bands(model, without(UNSEEN, (column,))))


def test_an_unknown_trim_is_not_replaced_by_the_usual_one(model: PriceBandModel) -> None:
    assert model.regression is not None
    frame = UNSEEN[:50].with_columns(variant=pl.lit("Zagato"))
    filled = model.regression.fill(features(frame))
    assert set(filled.features.variant.values()) == {"zagato"}
    assert not filled.unstated[:, FIELDS.index("variant")].any()


def test_an_unknown_trim_beside_unstated_inputs_still_has_a_fair_band(
    model: PriceBandModel, stated: tuple[Metrics, float]
) -> None:
    others = tuple(column for column in OPTIONAL if column != "variant")
    metrics, bias = judged(model, without(UNSEEN, others).with_columns(variant=pl.lit("Zagato")))
    assert metrics.coverage == pytest.approx(0.8, abs=0.08)
    assert bias == pytest.approx(stated[1], abs=0.05)


def test_a_car_without_a_year_has_no_band_but_a_reason(model: PriceBandModel) -> None:
    bands = predict_bands(model, without(UNSEEN[:5], ("model_year",)))
    assert set(bands["reason"]) == {"impossible_year"}


def test_confidence_is_the_share_of_prices_close_to_the_estimate(model: PriceBandModel) -> None:
    bands = predict_bands(model, without(UNSEEN, OPTIONAL))
    close = (UNSEEN["price_pkr"] / bands["mid_pkr"] - 1).abs() <= CLOSE
    sure = bands["confidence"] > bands["confidence"].median()
    assert close.filter(sure).mean() > close.filter(~sure).mean()  # type: ignore[operator]


def features(frame: pl.DataFrame) -> CarFeatures:
    return read_features(CarColumns.from_frame(frame), as_of=AS_OF)


def cars(*rows: dict[str, object]) -> CarFeatures:
    plain = {"make": "Toyota", "model": "Corolla", "model_year": 2016, "variant": "GLi", "transmission": "manual",
             "fuel": "petrol", "mileage_km": 80_000, "engine_cc": 1300, "battery_kwh": None}  # fmt: skip
    schema = {"model_year": pl.Int16, "mileage_km": pl.Int32, "engine_cc": pl.Int32, "battery_kwh": pl.Float32}
    return features(pl.DataFrame([plain | row for row in rows], schema_overrides=schema))


USUAL = UsualValues.fit(
    cars(
        {}, {}, {"variant": "Altis", "transmission": "automatic", "engine_cc": 1800},
        {"model_year": 2020, "variant": "Altis", "transmission": "cvt", "engine_cc": 1800, "mileage_km": 40_000},
        {"model_year": 2020, "variant": "Altis", "transmission": "cvt", "engine_cc": 1800, "mileage_km": 50_000},
        {"model": "Vitz", "variant": None, "engine_cc": 1000, "transmission": "automatic"},
        {"make": "BYD", "model": "Atto 3", "fuel": "electric", "transmission": "automatic", "variant": None,
         "engine_cc": None, "battery_kwh": 60.5},
    )
)  # fmt: skip


def filled(**columns: object) -> tuple[dict[str, object], set[str]]:
    """Fill a car that states only these fields; return it and the names of the fields that were filled."""
    nothing: dict[str, object] = dict.fromkeys(
        ("variant", "transmission", "fuel", "mileage_km", "engine_cc", "battery_kwh")
    )
    found = USUAL.fill(cars(nothing | columns))
    named: dict[str, object] = {name: found.features.keys[name].values()[0] for name in ("transmission", "fuel")}
    named |= {"variant": found.features.variant.values()[0], "cc": found.features.cc[0]}
    return named, {field for field, was in zip(FIELDS, found.unstated[0], strict=True) if was}


def test_the_usual_trim_is_that_of_the_powertrain_else_of_the_model_in_every_year() -> None:
    gli = {"variant": "gli", "transmission": "manual", "fuel": "petrol", "cc": 1300}
    altis = {"variant": "altis", "transmission": "cvt", "fuel": "petrol", "cc": 1800}
    assert filled(transmission="manual", engine_cc=1300)[0] == gli
    assert filled(transmission="cvt", engine_cc=1800)[0] == altis
    assert filled(model_year=2016)[0] == filled(model_year=2020)[0]


def test_the_usual_values_of_a_stated_trim_are_its_own_in_every_year() -> None:
    assert filled(variant="Altis")[0]["transmission"] == "cvt"
    assert filled(variant="Altis", model_year=1999)[0]["transmission"] == "cvt"


def test_a_trim_is_never_taken_from_another_model() -> None:
    named, fields = filled(model="Vitz")
    assert named["variant"] == ""
    assert "variant" not in fields
    assert named["cc"] == 1000
    assert filled(model="Premio")[0]["variant"] == ""


def test_an_unknown_model_takes_what_is_usual_for_its_make() -> None:
    named, fields = filled(model="Premio")
    assert named["fuel"] == "petrol"
    assert {"fuel", "transmission", "cc", "km"} <= fields


def test_only_electric_cars_are_given_a_battery_and_none_an_engine() -> None:
    _, fields = filled(make="BYD", model="Atto 3")
    assert "kwh" in fields
    assert "cc" not in fields
    assert "kwh" not in filled()[1]


def test_stated_inputs_stay_as_they_are() -> None:
    stated = cars({})
    found = USUAL.fill(stated)
    assert found.features.keys["transmission"].values() == ["manual"]
    assert not found.unstated[0, [FIELDS.index(name) for name in ("variant", "transmission", "km", "cc")]].any()
    again = USUAL.fill(found.features)
    assert not again.unstated.any()


def test_usual_values_come_back_from_their_state() -> None:
    assert UsualValues.from_state(*USUAL.state()).groups == USUAL.groups
    asked = cars({"variant": None, "transmission": None}, {"model": "Vitz", "fuel": None})
    first, second = (each.fill(asked) for each in (USUAL, UsualValues.from_state(*USUAL.state())))
    np.testing.assert_array_equal(first.unstated, second.unstated)
    assert first.features.to_frame().equals(second.features.to_frame())


def test_masked_copies_leave_out_whole_groups_and_are_the_same_each_time() -> None:
    rows, mask = masked_copies(500, seed=3)
    again = masked_copies(500, seed=3)
    np.testing.assert_array_equal(rows, again[0])
    np.testing.assert_array_equal(mask, again[1])
    assert np.bincount(rows).tolist() == [7] * 500
    for fields in GROUPS.values():
        members = mask[:, [FIELDS.index(field) for field in fields]]
        assert (members.all(axis=1) == members.any(axis=1)).all()
    assert mask.all(axis=1).mean() > 0.1
    assert len(masked_copies(100_000, seed=3)[0]) == 25_000


def test_inputs_that_are_left_out_are_unknown_and_others_are_untouched() -> None:
    stated = cars({}, {})
    mask = np.zeros((2, len(FIELDS)), dtype=bool)
    mask[1] = True
    bare = leave_out(stated, mask)
    assert bare.take([0]).to_frame().equals(stated.take([0]).to_frame())
    assert [bare.keys[name].values()[1] for name in WORD_FIELDS] == [""] * len(WORD_FIELDS)
    assert bare.variant.values() == ["gli", ""]
    assert bare.keys["variant_key"].values()[1] == "toyota|corolla|"
    assert np.isnan([getattr(bare, name)[1] for name in NUMBER_FIELDS]).all()


def test_most_frequent_and_median_of_groups() -> None:
    group = np.array([0, 0, 0, 2, 2, 2])
    assert most_frequent(group, np.array([4, 1, 1, 3, 2, -1]), 3).tolist() == [1, -1, 2]
    found = medians(group, np.array([1.0, 3.0, np.nan, 5.0, 6.0, 9.0]), 3)
    np.testing.assert_array_equal(found, [2.0, np.nan, 6.0])
