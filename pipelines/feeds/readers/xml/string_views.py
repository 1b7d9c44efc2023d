"""Turn slices of a block of UTF-8 into a column of text without copying them one by one.

Arrow's string views are 16 bytes a value: the length, and the text itself up to 12 bytes or else its first four bytes
and its place in a buffer. Both are worked out for all values at once.
"""

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

Positions = NDArray[np.int64]
_INLINE = 12
_PADDING = 16
_HALF = np.uint64(32)
_HEAD_MASKS = np.array([(1 << 8 * min(size, 8)) - 1 for size in range(_INLINE + 1)], np.uint64)
_TAIL_MASKS = np.array([(1 << 8 * max(size - 8, 0)) - 1 for size in range(_INLINE + 1)], np.uint64)
_MASKS = np.array([(1 << 8 * size) - 1 for size in range(9)], np.uint64)


class Utf8Buffer:
    """Read bytes eight at a time from any place behind `start`; they must be valid UTF-8 of whole characters."""

    def __init__(self, data: bytes, start: int = 0) -> None:
        self.size = len(data) - start
        self.data = b"".join((memoryview(data)[start:], bytes(_PADDING)))
        """With zeros behind, which are in no text of XML, so that words can be read beyond the end."""
        self.octets = np.frombuffer(self.data, np.uint8, self.size)
        self._held: dict[bytes, bool] = {}
        self._words = np.ndarray((self.size + 8,), np.dtype("<u8"), buffer=self.data, strides=(1,))

    def contains(self, sign: bytes) -> bool:
        """Return whether the bytes occur anywhere; looked up once."""
        if sign not in self._held:
            self._held[sign] = sign in self.data
        return self._held[sign]

    def matches_at(self, places: Positions, text: bytes) -> NDArray[np.bool_]:
        """Return whether the text is at each place; at a place beyond the end it never is."""
        found = places <= self.size - len(text)
        for start in range(0, len(text), 8):
            piece = text[start : start + 8]
            words = self._words[np.minimum(places + start, self.size)] & _MASKS[len(piece)]
            found &= words == np.uint64(int.from_bytes(piece, "little"))
        return found

    def texts(self, starts: Positions, ends: Positions) -> pl.Series:
        """Return the text from each start to its end (exclusive)."""
        sizes = ends - starts
        head = self._words[starts]
        short = sizes <= _INLINE
        inline = np.minimum(sizes, _INLINE)
        head_kept = head & _HEAD_MASKS[inline]
        tail = self._words[np.minimum(starts + 8, self.size)]
        tail_kept = tail & _TAIL_MASKS[inline]
        views = np.empty((len(starts), 2), np.uint64)
        views[:, 0] = sizes.astype(np.uint64) | (np.where(short, head_kept, head) << _HALF)
        views[:, 1] = np.where(short, (head_kept >> _HALF) | (tail_kept << _HALF), starts.astype(np.uint64) << _HALF)
        buffers = [None, pa.py_buffer(views), pa.py_buffer(self.data)]
        return pl.Series(pa.Array.from_buffers(pa.string_view(), len(starts), buffers))

    def blank_edges(self, starts: Positions, ends: Positions) -> bool:
        """Return whether some of these texts may begin or end with a blank. Between them are `<`, `>` and quotes."""
        edges = self.octets[np.concatenate([starts, ends - 1])]
        return bool(((edges <= ord(" ")) | (edges >= 127)).any())
