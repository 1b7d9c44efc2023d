"""Medians and most frequent codes of groups of cars."""

import numpy as np

from models.price_bands.inputs.columns import Floats, Ints


def most_frequent(group: Ints, codes: Ints, count: int) -> Ints:
    """Find the most frequent code of each of `count` groups, the smallest of equals; -1 where all are below 0."""
    known = codes >= 0
    pairs, often = np.unique(np.column_stack([group[known], codes[known]]), axis=0, return_counts=True)
    found = np.full(count, -1, dtype=np.int64)
    order = np.lexsort((-pairs[:, 1], often)) if len(pairs) else np.zeros(0, dtype=np.int64)
    found[pairs[order, 0]] = pairs[order, 1]  # the last one written is the most frequent
    return found


def medians(group: Ints, values: Floats, count: int) -> Floats:
    """Compute the median of each of `count` groups; NaN where no value is known."""
    known = ~np.isnan(values)
    group, values = group[known], values[known]
    order = np.lexsort((values, group))
    values = values[order]
    size = np.bincount(group, minlength=count)
    start = np.cumsum(size) - size
    found = np.full(count, np.nan)
    some = size > 0
    lower, upper = (start + (size - 1) // 2)[some], (start + size // 2)[some]
    found[some] = (values[lower] + values[upper]) / 2
    return found


def weighted_median(values: Floats, weights: Floats) -> float:
    """Find the smallest value up to which half of the weight lies."""
    order = np.argsort(values, kind="stable")
    total = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(total, total[-1] / 2)])
