"""The rows of one parsed file, as the writer of listings wants them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import polars as pl

from pipelines.feeds.parsing.parse import ParsedFeed
from pipelines.listings.incoming_rows import DIGEST_COLUMNS, digest_rows, join_chosen, storable


@dataclass(frozen=True)
class ParsedRows:
    """`IncomingRows` of a parsed file: rows that a cache recognised bring their digest and are read only if chosen."""

    parsed: ParsedFeed
    keys: frozenset[str] | None = None
    """The source keys whose rows are imported; None for all."""
    with_chassis: Callable[[pl.DataFrame], pl.DataFrame] | None = None
    """Adds the blind index of their chassis numbers to rows of a mapping that has them."""

    def frames(self) -> Iterator[pl.DataFrame]:
        """Read all rows, a frame that fits in memory at a time."""
        return map(storable, map(self._imported, self.parsed.frames()))

    def digests(self) -> pl.DataFrame:
        """Digest all rows."""
        read = digest_rows(map(self._imported, self.parsed.read.frames()))
        return pl.concat([read, self._wanted(self.parsed.recognised).select(DIGEST_COLUMNS)])

    def select(self, chosen: pl.DataFrame) -> Iterator[pl.DataFrame]:
        """Read the chosen rows."""
        return join_chosen(map(self._imported, self.parsed.frames(chosen["row_number"])), chosen)

    def _imported(self, rows: pl.DataFrame) -> pl.DataFrame:
        wanted = self._wanted(rows)
        return wanted if self.with_chassis is None else self.with_chassis(wanted)

    def _wanted(self, rows: pl.DataFrame) -> pl.DataFrame:
        wanted = rows if self.keys is None else rows.filter(pl.col("source_key").is_in(sorted(self.keys)))
        return wanted.with_columns(file=pl.lit(0, pl.Int32))
