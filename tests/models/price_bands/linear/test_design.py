"""The design gives every known combination of keys a column of its own, and unknown ones none that counts."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.price_bands.inputs.columns import CarColumns
from models.price_bands.inputs.encoder import CODES, Encoder
from models.price_bands.inputs.features import read_features
from models.price_bands.linear.design import Design
from models.price_bands.linear.formula import AGE_KNOTS, MILEAGE_BASES, TERMS, bases
from models.price_bands.linear.packing import Packing
from models.price_bands.linear.terms import Term, linear_spline_basis
from tests.models.price_bands.conftest import AS_OF, invented_market

FEATURES = read_features(CarColumns.from_frame(invented_market(120)), as_of=AS_OF)
ENCODER = Encoder.fit(FEATURES)
CARS = ENCODER.encode(FEATURES)
DESIGN = Design.learn(TERMS, CARS, bases(CARS), ENCODER.sizes)


@given(st.lists(st.floats(-10, 200), min_size=1, max_size=20))
def test_a_linear_spline_interpolates_between_its_knots(values: list[float]) -> None:
    ages = np.array(values)
    basis = linear_spline_basis(ages, AGE_KNOTS)
    heights = np.random.default_rng(1).normal(size=len(AGE_KNOTS))
    found = (heights[basis.codes] * basis.values).sum(axis=1)
    np.testing.assert_allclose(found, np.interp(ages, AGE_KNOTS, heights), atol=1e-9)


def test_a_linear_spline_of_an_unknown_value_is_nothing() -> None:
    assert linear_spline_basis(np.array([np.nan]), AGE_KNOTS).values.tolist() == [[0.0, 0.0]]


def test_the_sums_of_cars_are_the_products_of_their_matrix() -> None:
    weights = np.where(DESIGN.unknown_columns, 0.0, np.random.default_rng(2).normal(size=DESIGN.columns))
    (sums,) = DESIGN.sums(DESIGN.entries(CARS, bases(CARS)), weights, (DESIGN.places(lambda _term: True),))
    np.testing.assert_allclose(sums, DESIGN.matrix(CARS, bases(CARS)) @ weights, atol=1e-9)


def test_every_combination_of_a_training_car_is_known() -> None:
    entries = DESIGN.entries(CARS, bases(CARS))
    assert not DESIGN.unknown_columns[entries.columns].any()
    assert not DESIGN.unknown_columns[entries.token_columns].any()


def test_a_car_of_an_unknown_make_has_only_the_columns_of_other_keys() -> None:
    by_name = ("make_key", "model_key", "family_key", "variant_key")
    stranger = replace(CARS, codes=np.where(np.isin(CODES, by_name), -1, CARS.codes))
    unknown = DESIGN.unknown_columns[DESIGN.entries(stranger, bases(stranger)).columns]
    expected = []
    for term in TERMS:
        if "token" not in term.keys:
            expected += [any(key in term.keys for key in by_name)] * DESIGN.shapes[term.basis][1]
    assert (unknown == np.array(expected)).all()


def test_known_keys_are_the_codes_of_the_combinations() -> None:
    found = {tuple(codes) for codes in DESIGN.known_keys("model_transmission").tolist()}
    assert found == set(zip(CARS.code("model_key").tolist(), CARS.code("transmission").tolist(), strict=True))


def test_a_part_of_the_cars_and_the_cars_twice_keep_their_words() -> None:
    part, twice = CARS.part(30, 60), CARS.twice()
    assert part.tokens.tolist() == CARS.tokens[(CARS.token_rows >= 30) & (CARS.token_rows < 60)].tolist()
    assert (part.token_rows.min(), part.token_rows.max()) == (0, 29)
    assert twice.height == 2 * CARS.height
    assert twice.token_rows[len(CARS.tokens) :].tolist() == (CARS.token_rows + CARS.height).tolist()


def test_keys_of_too_many_combinations_are_refused() -> None:
    sizes = np.full(len(CODES) + 1, 10**6, dtype=np.int64)
    keys = Term("all", ("make_key", "model_key", "variant_key"), "intercept", 1.0).keys
    with pytest.raises(ValueError, match="make_key, model_key, variant_key"):
        Packing.of([keys], CODES, sizes)


def test_terms_of_the_mileage_stand_last_so_that_they_are_summed_apart() -> None:
    knows_mileage = [term.basis in MILEAGE_BASES for term in TERMS]
    assert knows_mileage == sorted(knows_mileage)
