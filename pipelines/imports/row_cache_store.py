"""What earlier files of a dealer taught about his records, kept beside them in storage; see decision 0008.

It is a cache: losing it, or writing it for an import that was rolled back in the end, costs or spoils nothing, since it
says what cells mean and not what the listings show.
"""

from dataclasses import dataclass

import polars as pl

from core.db.tables import FeedFile
from core.errors import NotFoundError
from core.storage import Storage
from pipelines.feeds.mapping.schema import Mapping
from pipelines.feeds.parsing.parse import ParsedFeed
from pipelines.feeds.parsing.row_cache import RECORD_SCHEMA, KnownRecords, known_from_bytes, reading_stamp
from pipelines.listings.content_hash import CONTENT_HASH_VERSION

FEWEST_BYTES = 200_000
"""Smaller files are read as fast as they are looked up."""
MOST_BYTES = 500_000_000
"""Of larger ones the digests alone would be hundreds of megabytes."""


@dataclass(frozen=True)
class Memory:
    """The place in storage of one dealer's records under one mapping."""

    storage: Storage
    file: FeedFile
    mapping: Mapping

    def _key(self) -> str:
        return f"known/{self.file.org_id}/{self.mapping.name}.ipc"

    def _stamp(self) -> str:
        return reading_stamp(self.mapping, CONTENT_HASH_VERSION)

    def recall(self) -> KnownRecords | None:
        """What is known; None for a file that is not worth it."""
        if not FEWEST_BYTES <= self.file.size_bytes <= MOST_BYTES:
            return None
        try:
            return known_from_bytes(self.storage.get(self._key()), self._stamp())
        except NotFoundError:
            return KnownRecords()

    def keep(self, parsed: ParsedFeed, hashes: pl.DataFrame) -> None:
        """Remember the rows of a file, by `row_number` and `content_hash` of each; nothing where none is new."""
        if parsed.digests is None or not parsed.accepted or parsed.recognised.height == parsed.accepted:
            return
        rows = [
            part.select(
                "row_number", "source_key", "branch_code", listed_year=pl.col("listed_on").dt.year().cast(pl.Int32)
            )
            for part in parsed.parts()
        ]
        columns = RECORD_SCHEMA.names()
        read = pl.concat(rows).join(hashes, on="row_number").join(parsed.digests, on="row_number").select(columns)
        records = pl.concat([parsed.recognised.select(columns), read])
        # Two records of one digest can only be by chance, as their keys are unequal; neither may be recognised then.
        records = records.unique(["d1", "d2"], keep="none", maintain_order=True)
        known = KnownRecords(records, parsed.columns, parsed.latest_year)
        self.storage.put(self._key(), known.to_bytes(self._stamp()))
