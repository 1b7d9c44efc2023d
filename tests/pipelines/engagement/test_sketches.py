"""Distinct counts: exact while few, within the stated bound beyond, the same in any order of merging."""

import numpy as np
import polars as pl
import pytest

from pipelines.engagement.aggregates.sketches import (
    BOUND,
    STANDARD_ERROR,
    K,
    ascending,
    counted,
    estimate,
    is_exact,
    merged,
    union_of_heads,
)


def digests(seed: int, count: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(-(2**63), 2**63 - 1, count)


def sketch(values: np.ndarray) -> pl.DataFrame:
    rows = ascending(pl.DataFrame({"digest": values}), "digest")
    found = counted(np.zeros(rows.height, dtype=np.int64), rows["digest"].to_numpy())
    return found.drop("count")


def test_few_are_counted_exactly_repeats_and_nulls_left_out() -> None:
    rows = pl.DataFrame({"cell": [1, 1, 1, 4, 4, -1], "digest": [1, 1, -1, None, 2**63 - 1, 7]})
    sorted_ = ascending(rows, "digest")
    found = counted(sorted_["cell"].to_numpy(), sorted_["digest"].to_numpy())
    assert found["cell"].to_list() == [1, 4]
    assert found["count"].to_list() == [estimate(each) for each in found["sketch"]] == [2, 1]
    assert all(is_exact(each) for each in found["sketch"])


def test_most_that_are_exact_and_first_estimate() -> None:
    below, at = (sketch(digests(1, count))["sketch"][0] for count in (K - 1, K))
    assert (estimate(below), is_exact(below), is_exact(at)) == (K - 1, True, False)


@pytest.mark.parametrize("count", [3_000, 40_000])
def test_estimates_keep_their_stated_error(count: int) -> None:
    errors = np.array([estimate(sketch(digests(seed, count))["sketch"][0]) / count - 1 for seed in range(60)])
    assert np.sqrt((errors**2).mean()) <= STANDARD_ERROR * 1.2  # of 60 draws; 1.2 is their own noise
    assert abs(errors.mean()) <= 3 * STANDARD_ERROR / 60**0.5
    assert (np.abs(errors) <= BOUND).mean() >= 0.9


def test_merge_equals_the_sketch_of_all_whatever_the_order_and_repeats() -> None:
    values = digests(3, 30_000)
    parts = [sketch(part) for part in (values[:9_000], values[5_000:20_000], values[20_000:])]
    whole = sketch(values)
    for order in ((0, 1, 2), (2, 0, 1), (1, 1, 0, 2, 2)):
        assert merged(pl.concat([parts[each] for each in order]), ["cell"], "sketch").equals(whole)
    first = merged(pl.concat(parts[:2]), ["cell"], "sketch")
    assert merged(pl.concat([parts[2], first]), ["cell"], "sketch").equals(whole)


def test_merging_nothing_gives_nothing() -> None:
    nothing = pl.DataFrame(schema={"cell": pl.Int64, "sketch": pl.Binary})
    assert merged(nothing, ["cell"], "sketch").is_empty()


@pytest.mark.parametrize("most", [64, 800, 4_000, 8 * K])
def test_union_of_heads_is_the_whole_union_or_is_refused(most: int) -> None:
    refused = 0
    for count, number, shared in ((50, 3, 0), (300, 40, 200), (3_000, 30, 0), (3_000, 30, 2_990), (9_000, 9, 100)):
        common = digests(1, shared)
        parts = [
            sketch(np.concatenate([common, digests(number + each, count - shared)]))["sketch"][0]
            for each in range(number)
        ]
        parts.append(sketch(digests(99, 5))["sketch"][0])  # a small one is known whole, and limits nothing
        found = union_of_heads(b"".join(each[:most] for each in parts), [min(most, len(each)) for each in parts], most)
        whole = merged(pl.DataFrame({"cell": [1] * len(parts), "sketch": parts}), ["cell"], "sketch")["sketch"][0]
        assert found in (None, whole)
        refused += found is None
    assert (refused == 0) == (most == 8 * K)
