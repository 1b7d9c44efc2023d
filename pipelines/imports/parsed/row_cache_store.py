"""Keep the row cache of each dealer and mapping in storage, beside the files that it was made from; see decision 0008.

A lost cache, or one written for an import that was rolled back, costs one slow delivery and no correctness: it holds
the outcome of cells, not the content of listings.
"""

from dataclasses import dataclass

import polars as pl

from core.db.tables import FeedFile
from core.errors import NotFoundError
from core.storage import Storage
from pipelines.feeds.mapping.schema import Mapping
from pipelines.feeds.parsing.parse import ParsedFeed
from pipelines.feeds.parsing.row_cache import RECORD_SCHEMA, RowCache, cache_from_bytes, cache_stamp
from pipelines.listings.content_hash import CONTENT_HASH_VERSION

FEWEST_BYTES = 200_000
"""Reading a smaller file takes no longer than looking its rows up."""
MOST_BYTES = 500_000_000
"""The digests of a larger file alone would be hundreds of megabytes."""


@dataclass(frozen=True)
class RowCacheStore:
    """Load and save the row cache of one dealer and mapping."""

    storage: Storage
    file: FeedFile
    mapping: Mapping

    def _key(self) -> str:
        return f"known/{self.file.org_id}/{self.mapping.name}.ipc"

    def _stamp(self) -> str:
        return cache_stamp(self.mapping, CONTENT_HASH_VERSION)

    def load(self) -> RowCache | None:
        """Read the cache; it is None for a file that is too small or too large for one."""
        if not FEWEST_BYTES <= self.file.size_bytes <= MOST_BYTES:
            return None
        try:
            return cache_from_bytes(self.storage.get(self._key()), self._stamp())
        except NotFoundError:
            return RowCache()

    def save(self, parsed: ParsedFeed, hashes: pl.DataFrame, doubted: pl.Series) -> None:
        """Write the outcomes of a file's rows, unless all of them are in the cache already.

        Args:
            parsed: the file, as `parse_cached` read it.
            hashes: `row_number` and `content_hash` of its rows.
            doubted: numbers of rows that are never cached, since they have to be judged each time.
        """
        use = parsed.cache_use
        if use is None or not parsed.accepted or use.recognised.height == parsed.accepted:
            return
        outcome = ("row_number", "source_key", "branch_code", "price_pkr")
        rows = pl.concat(frame.select(outcome) for frame in parsed.read.frames())
        rows = rows.filter(~pl.col("row_number").is_in(doubted.implode()))
        columns = RECORD_SCHEMA.names()
        read = rows.join(hashes, on="row_number").join(use.record_digests, on="row_number")
        read = read.join(use.notes, on="row_number").select(columns)
        records = pl.concat([use.recognised.select(columns), read])
        # Keys are unequal, so two records of one digest are a collision by chance: then neither may be recognised.
        records = records.unique(["d1", "d2"], keep="none", maintain_order=True)
        self.storage.put(self._key(), RowCache(records, use.form, use.latest_year).to_bytes(self._stamp()))
