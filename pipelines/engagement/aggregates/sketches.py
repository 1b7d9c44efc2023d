"""Count distinct digests over many hours: the smallest `K` digests of each cell, which merge without loss.

Devices and sessions are keyed 64-bit digests, so those of a cell are spread evenly over the numbers from 0 to 2^64.
The K smallest ones of a union are the K smallest ones among the K smallest of its parts: a merge is exact, whatever
the order and however often a part is merged. Fewer than K distinct digests stand in the sketch one by one and are
counted exactly; from K on their number is estimated as (K - 1) / (K-th smallest / 2^64), an estimator without bias
whose relative standard error is below 1 / sqrt(K - 2) (Bar-Yossef et al., "Counting distinct elements in a data
stream", 2002; Beyer et al., "On synopses for distinct-value estimation under multiset operations", SIGMOD 2007). This
is the theta sketch; a library of sketches would only hash digests again.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

K = 2_048
STANDARD_ERROR = 1 / (K - 2) ** 0.5
BOUND = 2 * STANDARD_ERROR
"""19 of 20 estimates lie within this share of the truth."""

Numbers = npt.NDArray[Any]
_SPAN = 2.0**64
_TYPE = np.dtype("<u8")


def counted(cells: Numbers, digests: Numbers) -> pl.DataFrame:
    """Count the distinct digests of each cell exactly, and keep the K smallest.

    Args:
        cells: the number of a cell for each digest; negative ones are left out.
        digests: unsigned, ascending, with repeats: whoever counts by many kinds of cells sorts them once.

    Returns:
        One row a cell, sorted: `cell`, `count` and `sketch`, bytes.
    """
    inside = cells >= 0
    order = np.argsort(cells[inside], kind="stable")
    cell, digest = cells[inside][order], digests[inside][order].astype(_TYPE)
    first = np.ones(cell.size, dtype=bool)
    first[1:] = (cell[1:] != cell[:-1]) | (digest[1:] != digest[:-1])
    cell, digest = cell[first], digest[first]
    starts = np.flatnonzero(np.diff(cell, prepend=-1))
    counts = np.diff(starts, append=cell.size)
    kept = zip(starts.tolist(), np.minimum(counts, K).tolist(), strict=True)
    pieces = [digest[start : start + count].tobytes() for start, count in kept]
    return pl.DataFrame(
        {"cell": cell[starts].astype(np.int64), "count": counts.astype(np.int64), "sketch": pieces},
        schema={"cell": pl.Int64, "count": pl.Int64, "sketch": pl.Binary},
    )


def ascending(rows: pl.DataFrame, digest: str) -> pl.DataFrame:
    """Sort rows by a column of signed 64-bit digests as `counted` needs it, as `digest`; nulls are left out."""
    unsigned = rows.drop_nulls(digest).with_columns(pl.col(digest).reinterpret(signed=False).alias("digest"))
    return unsigned.sort("digest")


def merged(sketches: pl.DataFrame, cell: list[str], sketch: str) -> pl.DataFrame:
    """Merge sketches of a cell; columns `cell` and `sketch`, sorted. The only sketch of a cell stays as it is."""
    rows = sketches.select(*cell, pl.col(sketch).alias("sketch")).drop_nulls("sketch")
    cells = rows.group_by(cell).agg("sketch").sort(cell)
    return cells.with_columns(sketch=pl.Series([_union(parts) for parts in cells["sketch"].to_list()], dtype=pl.Binary))


def _union(parts: list[bytes]) -> bytes:
    """Give the K smallest distinct digests of some sketches.

    Of many sketches only the smallest digests are sorted: first twice K of them, more where too few are distinct.
    """
    if len(parts) == 1:
        return parts[0]
    digests = np.frombuffer(b"".join(parts), _TYPE)
    looked_at = 2 * K
    while looked_at < digests.size:
        found = np.unique(np.partition(digests, looked_at)[:looked_at])
        if found.size >= K:
            return found[:K].tobytes()
        looked_at *= 4
    return np.unique(digests)[:K].tobytes()


def union_of_heads(heads: bytes, sizes: list[int], most: int) -> bytes | None:
    """Give the union of sketches of which only the smallest digests are at hand, or None where these do not suffice.

    Of a sketch that was cut nothing is known beyond its largest digest at hand, so of the union all is known up to the
    smallest such one: K distinct digests up to there are the union's K smallest.

    Args:
        heads: the smallest digests of each sketch, one after the other.
        sizes: how many bytes each has.
        most: the number of bytes beyond which sketches were cut.

    >>> union_of_heads(bytes(8) + bytes([1] * 8), [8, 8], 16) == bytes(8) + bytes([1] * 8)
    True
    >>> union_of_heads(bytes(8) + bytes([1] * 8), [8, 8], 8) is None
    True
    """
    digests = np.frombuffer(heads, _TYPE)
    found = np.unique(digests)
    lengths = np.array(sizes, dtype=np.int64)
    cut = (np.cumsum(lengths) // 8 - 1)[lengths >= most]
    if cut.size and most < 8 * K:
        found = found[: np.searchsorted(found, digests[cut].min(), side="right")]
        if found.size < K:
            return None
    return found[:K].tobytes()


def estimate(sketch: bytes) -> int:
    """Estimate how many distinct digests a sketch stands for; exact below K.

    >>> estimate(b""), estimate(bytes(8) + bytes([1] * 8))
    (0, 2)
    """
    count = len(sketch) // 8
    if count < K:
        return count
    largest = int.from_bytes(sketch[-8:], "little")
    return round((K - 1) * _SPAN / max(largest, 1))


def estimates(sketches: pl.Series) -> pl.Series:
    """Estimate as `estimate` does, for a column; null is 0."""
    return pl.Series([0 if each is None else estimate(each) for each in sketches], dtype=pl.Int64)


def is_exact(sketch: Any) -> bool:  # noqa: ANN401  (bytes or null)
    """Tell whether a sketch holds every digest."""
    return sketch is None or len(sketch) // 8 < K
