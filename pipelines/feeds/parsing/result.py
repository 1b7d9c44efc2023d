"""What reading a file comes to."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import polars as pl

from pipelines.feeds.parsing.row_cache import RECOGNISED_SCHEMA
from pipelines.feeds.parsing.spill import Parts


@dataclass(frozen=True)
class ParsedFeed:
    """What a file says. Every record is a listing, a reject, or recognised from an earlier file:
    `rows_read == accepted + rejects.height`."""

    rows: Parts
    """The listings; `parts` and `listings` give them as frames."""
    rejects: pl.DataFrame
    """REJECT_SCHEMA, in the file's order."""
    rows_read: int
    encoding: str
    delimiter: str | None
    """None for XML and JSON."""
    containers: tuple[str, ...] = ()
    """What the file was packed in, outermost first ("zip", "gz")."""
    recognised: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=RECOGNISED_SCHEMA))
    """Rows that need not be read: `row_number` and what `known` remembers of them. They are not in `listings`."""
    digests: pl.DataFrame | None = None
    """`row_number`, `d1`, `d2` of every record, where `known` was given."""
    columns: tuple[str, ...] = ()
    latest_year: int | None = None
    """The model year up to which rows were accepted."""

    @property
    def accepted(self) -> int:
        """How many cars the file describes, read now or recognised."""
        return self.rows.height + self.recognised.height

    @property
    def keys(self) -> pl.Series:
        """The source key of every car that the file describes, the recognised ones last."""
        return pl.concat([self.rows.keys, self.recognised["source_key"]])

    def parts(self) -> Iterator[pl.DataFrame]:
        """The listings in the file's order, a frame that fits in memory at a time; at least one, maybe empty."""
        yield from self.rows.frames()

    @property
    def listings(self) -> pl.DataFrame:
        """All listings as one frame, for files that are known to be small: LISTING_SCHEMA and `row_number`."""
        return pl.concat(self.rows.frames())
