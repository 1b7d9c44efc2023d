"""Find the records of XML that are longer than a row may be, as in all other formats."""

import re
from typing import IO, Final

import numpy as np

from pipelines.feeds.readers.raw_table import ROW_TOO_LONG
from pipelines.feeds.readers.xml.string_views import Positions

_MOST_BYTES: Final = 4
"""Bytes of a character in any encoding of XML."""


class LongRecords:
    """Measure the records of one file whose next one begins far behind them."""

    def __init__(self, file: IO[bytes], record_path: str, encoding: str) -> None:
        name = re.escape(record_path.rpartition("/")[2])
        self._file, self._encoding = file, encoding
        self._end = re.compile(rf"</(?:[^\s<>/:]+:)?{name}\s*>|^<[^<>]*/>")

    def find(self, begins: Positions, end: int) -> list[tuple[int, str]]:
        """Return the place in `begins` of each record of over `ROW_TOO_LONG` characters, and the start of its text.

        Args:
            begins: where records begin in the file, in order; bytes.
            end: where the next record begins, or the file ends.
        """
        gaps = np.diff(begins, append=end)
        found = ((int(at), self._text(int(begins[at]))) for at in np.flatnonzero(gaps > ROW_TOO_LONG))
        return [(at, text) for at, text in found if len(text) > ROW_TOO_LONG]

    def _text(self, begin: int) -> str:
        """Read a record from the file; of a long one more than the characters that it may have. The place is kept."""
        here = self._file.tell()
        self._file.seek(begin)
        data = self._file.read(_MOST_BYTES * (ROW_TOO_LONG + 1))
        self._file.seek(here)
        text = data.decode(self._encoding, errors="replace")
        end = self._end.search(text)
        return text if end is None else text[: end.end()]
