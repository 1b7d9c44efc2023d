"""Read the cells of a file of any format, some rows at a time."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import IO, Protocol

import polars as pl

from pipelines.feeds.mapping.schema import Mapping
from pipelines.feeds.readers.delimited.chunks import delimited_chunks
from pipelines.feeds.readers.encoding import decode
from pipelines.feeds.readers.json_records import read_json
from pipelines.feeds.readers.known_rows import Recognise
from pipelines.feeds.readers.raw_table import RawTable
from pipelines.feeds.readers.xml.reader import xml_chunks

ROWS = 40_000
CHARACTERS = 16_000_000


class Chunks(Protocol):
    """Reads the file from its beginning, at each call again."""

    def __call__(self, *, recognise: Recognise | None = None) -> Iterable[RawTable]:
        """Read the cells of rows, but for those that are recognised where the reader can do so by their text."""


def read_chunks(
    file: IO[bytes],
    mapping: Mapping,
    rows: int = ROWS,
    characters: int = CHARACTERS,
    *,
    recognise: Recognise | None = None,
) -> Iterator[RawTable]:
    """Read the cells of a file, some rows at a time. JSON is read whole first.

    Raises:
        RefusedFileError: the file as a whole cannot be read.
    """
    if mapping.format == "xml" and mapping.record is not None:
        for raw, _ in xml_chunks(file, mapping.record, mapping.source_columns(), rows):
            yield raw
    elif mapping.format == "json":
        file.seek(0)
        raw = read_json(decode(file.read(), mapping.code_page), mapping.record, mapping.source_columns())
        for start in range(0, raw.rows_read, rows):
            here = pl.col("row_number").is_between(start + 1, start + rows)
            yield replace(raw, frame=raw.frame.filter(here), rejects=raw.rejects.filter(here))
    else:
        yield from delimited_chunks(file, mapping, characters, recognise)
