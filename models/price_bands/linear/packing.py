"""Pack the codes of several keys into one integer, so that combinations of keys can be looked up in a sorted array."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.price_bands.inputs.columns import Ints

TAG_BITS = 56
"""A combination of keys is below 2 to this power; above stands the number of its tuple of keys."""


@dataclass(frozen=True)
class Packing:
    """The multipliers that turn a car's codes into combinations: a matrix of (code names, tuples of keys)."""

    keys: Ints
    tags: Ints
    word_keys: Ints  # of the keys that a word stands with
    word_tags: Ints

    @classmethod
    def of(cls, tuples: Sequence[tuple[str, ...]], code_names: tuple[str, ...], sizes: Ints) -> "Packing":
        """Give each key a digit of its own size in the combinations of its tuple; the last key is the lowest digit."""
        digits = np.zeros((len(code_names) + 1, len(tuples)), dtype=np.int64)
        places = {name: place for place, name in enumerate((*code_names, "token"))}
        for column, keys in enumerate(tuples):
            multiplier = 1
            for key in reversed(keys):
                digits[places[key], column] = multiplier
                multiplier *= int(sizes[places[key]]) + 1
            if multiplier >= 1 << TAG_BITS:
                raise ValueError(f"too many combinations of {', '.join(keys)} to be numbered")
        plain = sum("token" not in keys for keys in tuples)
        tags = np.arange(len(tuples), dtype=np.int64) << TAG_BITS
        return cls(digits[:-1, :plain], tags[:plain], digits[:-1, plain:], tags[plain:])
