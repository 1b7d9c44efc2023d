"""Robust ridge is ridge where the noise is normal, and is hardly moved by absurd rows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from models.price_bands.linear.robust_ridge import StudentNoise, fit
from models.price_bands.linear.terms import FREE
from tests.examples import examples

NORMAL = StudentNoise(deviation=0.3, freedom=1e12, rounds=1, tolerance=1e-12)


def problem(seed: int, rows: int = 80, columns: int = 12) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    design = random.normal(size=(rows, columns)) * (random.random((rows, columns)) < 0.4)
    return design, random.uniform(0.05, 2.0, columns), design @ random.normal(size=columns) + random.normal(size=rows)


@settings(max_examples=examples(20))
@given(st.integers(0, 10_000))
def test_normal_noise_gives_the_closed_form_of_ridge(seed: int) -> None:
    design, scales, target = problem(seed)
    expected = np.linalg.solve(design.T @ design + np.diag((0.3 / scales) ** 2), design.T @ target)
    np.testing.assert_allclose(fit(sparse.csr_array(design), scales, target, NORMAL).weights, expected, atol=1e-7)


def test_a_free_weight_is_not_shrunk() -> None:
    ones = sparse.csr_array(np.ones((50, 1)))
    shrunk, free = (fit(ones, np.array([scale]), np.full(50, 2.0), NORMAL).weights[0] for scale in (0.01, FREE))
    assert free == pytest.approx(2.0)
    assert shrunk < 0.2


def test_outliers_are_trusted_little() -> None:
    design, scales, target = problem(3, rows=400)
    absurd = target.copy()
    absurd[::20] += 50.0
    noise = StudentNoise(deviation=1.0, freedom=4.0, rounds=8, tolerance=1e-10)
    clean, found = (fit(sparse.csr_array(design), scales, each, noise) for each in (target, absurd))
    assert np.abs(found.weights - clean.weights).max() < 0.2
    assert found.trust[::20].max() < 0.01
    plain = fit(sparse.csr_array(design), scales, absurd, NORMAL).weights
    assert np.abs(plain - clean.weights).max() > 5 * np.abs(found.weights - clean.weights).max()


def test_a_column_without_entries_has_no_weight() -> None:
    design, scales, target = problem(5)
    design[:, 4] = 0.0
    assert fit(sparse.csr_array(design), scales, target, NORMAL).weights[4] == 0.0


def test_equal_problems_have_equal_weights_to_the_last_bit() -> None:
    design, scales, target = problem(7, rows=2_000, columns=60)
    first, second = (fit(sparse.csr_array(design), scales, target, NORMAL).weights for _ in range(2))
    np.testing.assert_array_equal(first, second)
