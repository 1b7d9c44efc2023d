"""Robust ridge regression: normal priors on the weights, Student's t noise.

The weights minimise sum of trust * (residual / noise)² + sum of (weight / scale)², where the trust in a row falls with
its residual: iteratively reweighted least squares for Student's t noise (Lange, Little and Taylor 1989). An ad that
slipped a zero so pulls little. Each round is solved by SciPy's conjugate gradients on the sparse design, from the
weights of the round before, preconditioned by the diagonal: linear in the number of entries.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import sparse  # type: ignore[import-untyped]  # it ships no types
from scipy.sparse.linalg import LinearOperator, cg  # type: ignore[import-untyped]

from models.price_bands.inputs.columns import Floats
from models.price_bands.threads import single_blas_thread

MOST_STEPS = 1_000


@dataclass(frozen=True)
class StudentNoise:
    """Noise of a row: Student's t with `freedom` degrees, of standard deviation `deviation` at first.

    `estimate` gives the deviation of each row after a round, from the residuals and the number of the round; None
    keeps the deviation.
    """

    deviation: float
    freedom: float
    rounds: int
    tolerance: float
    estimate: Callable[[Floats, int], Floats | None] = lambda _residual, _round: None


@dataclass(frozen=True)
class RidgeFit:
    """Weights of the columns, and how far each row was trusted at the end (1: fully)."""

    weights: Floats
    trust: Floats
    residual: Floats


def fit(design: sparse.csr_array, scales: Floats, target: Floats, noise: StudentNoise) -> RidgeFit:
    """Fit the weights of `design` to `target`.

    Args:
        design: (rows, columns).
        scales: prior standard deviation of each column's weight; infinite for one that is not shrunk.
        target: of each row.
        noise: of the rows.
    """
    used = np.unique(design.indices)  # the weight of a column without entries is 0
    narrow = sparse.csr_array(design[:, used])
    solver = _Solver(narrow, (noise.deviation / scales[used]) ** 2, noise.tolerance)
    deviation = np.full(len(target), noise.deviation)
    found, trust, residual = np.zeros(len(used)), np.ones(len(target)), target
    with single_blas_thread():
        for number in range(noise.rounds):
            found = solver.solve(trust * (noise.deviation / deviation) ** 2, target, found)
            residual = target - narrow @ found
            estimated = noise.estimate(residual, number)
            deviation = deviation if estimated is None else estimated
            trust = (noise.freedom + 1) / (noise.freedom + (residual / deviation) ** 2)
    weights = np.zeros(design.shape[1])
    weights[used] = found
    return RidgeFit(weights, trust, residual)


class _Solver:
    """Solves (X'WX + shrinkage) b = X'Wy for one X and different W."""

    def __init__(self, design: sparse.csr_array, shrinkage: Floats, tolerance: float) -> None:
        self._design, self._transposed = design, sparse.csr_array(design.T)
        self._squares = self._transposed.multiply(self._transposed)
        self._shrinkage, self._tolerance = shrinkage, tolerance

    def solve(self, importance: Floats, target: Floats, start: Floats) -> Floats:
        """Solve for the weights, starting from some."""

        def normal_product(weights: Floats) -> Floats:
            product: Floats = self._transposed @ (importance * (self._design @ weights)) + self._shrinkage * weights
            return product

        diagonal = self._squares @ importance + self._shrinkage
        size = len(start)
        found, _ = cg(
            LinearOperator((size, size), matvec=normal_product, dtype=np.float64),
            self._transposed @ (importance * target),
            x0=start, rtol=self._tolerance, maxiter=MOST_STEPS,
            M=LinearOperator((size, size), matvec=lambda weights: weights / diagonal, dtype=np.float64),
        )  # fmt: skip
        return np.asarray(found, dtype=np.float64)
