"""Split training cars into parts that take turns in being held out."""

from dataclasses import dataclass

import numpy as np

from models.price_bands.inputs.columns import Ints

SEED = 2025


@dataclass(frozen=True)
class Fold:
    """Row numbers to learn from, and the ones held out, both ascending."""

    train: Ints
    held: Ints


def make_folds(height: int, count: int, seed: int = SEED) -> list[Fold]:
    """Split `height` rows into `count` random parts of equal size; the same rows each time for one `seed`."""
    part = np.random.default_rng(seed + height).permutation(height) % count
    return [Fold(np.flatnonzero(part != number), np.flatnonzero(part == number)) for number in range(count)]
