"""Name the bands of mileage that a facet counts."""

from bisect import bisect_right
from typing import Final

_ENDS: Final = (20_000, 50_000, 80_000, 120_000, 160_000, 200_000)
_STARTS: Final = (0, *_ENDS)
_NAMES: Final = (*(f"{low}-{high - 1}" for low, high in zip(_STARTS, _ENDS, strict=False)), f"{_ENDS[-1]}+")


def mileage_band(kilometres: int) -> str:
    """Return the band of a mileage: its first and its last kilometre, as `mileage_min` and `mileage_max` take them.

    >>> mileage_band(49_999), mileage_band(50_000), mileage_band(300_000)
    ('20000-49999', '50000-79999', '200000+')
    """
    return _NAMES[bisect_right(_ENDS, kilometres)]
