"""The files of an import, and the columns that their rows get from them: organisation, file and branch."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import polars as pl

from pipelines.listings import bulk_sql as sql
from pipelines.listings.content_hash import CONTENT_HASH_VERSION

Counts = dict[int, int]
"""Counts by the position of a file among those of the import."""
VERSION = pl.lit(CONTENT_HASH_VERSION, pl.Int16).alias("content_hash_version")


@dataclass(frozen=True)
class IncomingFile:
    """A file whose rows are imported: at most one of each organisation at a time."""

    file_id: UUID
    org_id: UUID
    mapping: str


class IncomingFiles:
    """Adds the columns of the table `listings` that rows do not have themselves."""

    def __init__(self, files: Sequence[IncomingFile], branches: Sequence[tuple[str, str, str]]) -> None:
        """Take the files, and the branches of their organisations as (organisation id, code, branch id)."""
        self._files = files
        place = {str(file.org_id): at for at, file in enumerate(files)}
        self._branches = pl.DataFrame(
            [(place[org_id], code, branch_id) for org_id, code, branch_id in branches],
            schema={"file": pl.Int32, "branch_code": pl.String, "branch_id": pl.String},
            orient="row",
        )
        self.unknown_branches: Counts = {}
        """Rows that name a branch which the organisation does not have."""

    @property
    def count(self) -> int:
        """Count the files."""
        return len(self._files)

    def with_branches(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Add `branch_id` for `branch_code`, and count the codes that are unknown."""
        on = ["file", "branch_code"]
        named = rows.select(on).join(self._branches, on=on, how="left", maintain_order="left")
        rows = rows.with_columns(named["branch_id"])  # joined whole, all columns of a large file would be copied
        unknown = rows.filter(pl.col("branch_code").is_not_null() & pl.col("branch_id").is_null())
        for file, count in unknown.group_by("file").len().iter_rows():
            self.unknown_branches[file] = self.unknown_branches.get(file, 0) + count
        return rows

    def with_owners(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Add `org_id` and `file_id` for `file`."""
        places = pl.col("file").cast(pl.Int32)
        values = {name: [str(getattr(file, name)) for file in self._files] for name in ("org_id", "file_id")}
        return rows.with_columns(
            places.replace_strict(list(range(len(self._files))), ids, return_dtype=pl.String).alias(name)
            for name, ids in values.items()
        )

    def as_listings(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Give rows that have `branch_id` and `content_hash` the columns of the table `listings`."""
        return self.with_owners(rows).with_columns(VERSION).select(sql.ROW_COLUMNS)
