"""Parts of the training cars that take turns in being unseen, worked on side by side."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from models.price_bands.inputs.encoder import Ints

SEED = 2025
_WORKERS = 2  # numpy and LightGBM let go of the interpreter while they work
T = TypeVar("T")


@dataclass(frozen=True)
class Fold:
    """Row numbers to learn from, and the ones held out, both ascending."""

    train: Ints
    held: Ints


def make_folds(height: int, count: int, seed: int = SEED) -> list[Fold]:
    """Split `height` rows into `count` random parts of equal size; the same rows each time for one `seed`."""
    part = np.random.default_rng(seed + height).permutation(height) % count
    return [Fold(np.flatnonzero(part != number), np.flatnonzero(part == number)) for number in range(count)]


def in_parallel(tasks: Sequence[Callable[[], T]]) -> list[T]:
    """Results of all tasks, in their order; which thread ran which makes no difference to them."""
    with ThreadPoolExecutor(_WORKERS) as pool:
        return list(pool.map(lambda task: task(), tasks))
