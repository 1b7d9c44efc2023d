"""Find the few photos that could be the same as one, among very many, without a server."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.photo_duplicates import VersionsDifferError
from models.photo_duplicates.describing import Proof
from models.photo_duplicates.description import Description
from models.photo_duplicates.features import WORDS, mirrored, near_words
from models.photo_duplicates.hashing import BAND_BITS, BANDS, distances

NEAR: Final = 7
"""Bits in which the hashes of candidates may differ: then two of four bands differ in at most one."""
MOST_COMMON: Final = 200
"""A hash or a word that more photos share names no candidates: it is a placeholder's, or says nothing."""
FEWEST_WORDS: Final = 2
_SIZE: Final = 1 << BAND_BITS
_SINGLE_BITS: Final = np.concatenate([[0], 1 << np.arange(BAND_BITS)])


class Postings:
    """Rows by a small number, in two arrays: the rows in the numbers' order, and where each number begins."""

    def __init__(self, numbers: NDArray[np.int64], rows: NDArray[np.int32], size: int) -> None:
        order = np.argsort(numbers, kind="stable")
        self._rows = rows[order]
        self._starts = np.zeros(size + 1, np.int32)
        np.cumsum(np.bincount(numbers, minlength=size), out=self._starts[1:])

    def rows(self, numbers: NDArray[np.int64], most: int) -> NDArray[np.int32]:
        """Return the rows of all these numbers, but of none that has more than `most`."""
        starts, ends = self._starts[numbers], self._starts[numbers + 1]
        kept = [
            (start, end) for start, end in zip(starts.tolist(), ends.tolist(), strict=True) if 0 < end - start <= most
        ]
        return np.concatenate([self._rows[start:end] for start, end in kept]) if kept else self._rows[:0]

    @property
    def bytes(self) -> int:
        """The memory it takes."""
        return self._rows.nbytes + self._starts.nbytes


class HashIndex:
    """Hashes of 64 bits, found by those that differ in at most NEAR bits."""

    def __init__(self, hashes: NDArray[np.uint64]) -> None:
        self._hashes = hashes
        rows = np.arange(len(hashes), dtype=np.int32)
        shifts = [np.uint64(BAND_BITS * band) for band in range(BANDS)]
        self._bands = [
            (shift, Postings((hashes >> shift & np.uint64(_SIZE - 1)).astype(np.int64), rows, _SIZE))
            for shift in shifts
        ]

    def near(self, value: int) -> NDArray[np.int32]:
        """Return the rows of hashes that differ in at most NEAR bits; very common values of bands are left out."""
        most = max(MOST_COMMON, len(self._hashes) // 512)
        found = [
            postings.rows((value >> int(shift) & _SIZE - 1) ^ _SINGLE_BITS, most) for shift, postings in self._bands
        ]
        rows = np.unique(np.concatenate(found))
        return rows[distances(value, self._hashes[rows]) <= NEAR]

    @property
    def bytes(self) -> int:
        """The memory it takes."""
        return self._hashes.nbytes + sum(postings.bytes for _, postings in self._bands)


class CandidateIndex:
    """Photos of one version by hashes and words."""

    def __init__(self, version: str, keys: Sequence[str], descriptions: Sequence[Description]) -> None:
        """Index photos; those of another version or without anything to go by are left out."""
        self._version, self._keys = version, list(keys)
        hashes, owners, words, word_owners = list[int](), list[int](), list[int](), list[int]()
        for row, described in enumerate(descriptions):
            if described.version == version and described.usable:
                upright = described.hashes[::2]
                hashes += upright
                owners += [row] * len(upright)
                words += described.words
                word_owners += [row] * len(described.words)
        self._owners = np.array(owners, np.int32)
        self._hashes = HashIndex(np.array(hashes, np.uint64))
        self._words = Postings(np.array(words, np.int64), np.array(word_owners, np.int32), WORDS)

    def look_up(self, photo: Description, most: int = 50) -> list[str]:
        """Return the keys of at most `most` candidates, likeliest first; an indexed photo is among its own candidates.

        Raises:
            VersionsDifferError: the photo was described by another version than the index holds.
        """
        if photo.version != self._version:
            raise VersionsDifferError(photo.version, self._version)
        if not photo.usable:
            return []
        votes = self._by_words(photo)
        for value in photo.hashes:
            rows = np.unique(self._owners[self._hashes.near(value)])
            if len(rows) <= MOST_COMMON:
                votes[rows] += len(photo.words)
        named = np.flatnonzero(votes >= FEWEST_WORDS)
        best = named[np.argsort(-votes[named], kind="stable")[:most]]
        return [self._keys[row] for row in best]

    def _by_words(self, photo: Description) -> NDArray[np.int64]:
        proof = Proof.unpack(photo.features)
        words = near_words(proof.features) | near_words(mirrored(proof.features, proof.size[0]))
        most = max(MOST_COMMON, len(self._keys) // 256)
        rows = self._words.rows(np.fromiter(words, np.int64, len(words)), most)
        return np.bincount(rows, minlength=len(self._keys))
