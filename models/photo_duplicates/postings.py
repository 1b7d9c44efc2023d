"""Turn descriptions into small numbers that a database can look up: words, and the bands of hashes.

A database that holds a row for each token of a photo finds candidates as `CandidateIndex` does in memory: photos that
share two words, or two bands of hashes that differ in at most one bit each.
"""

from collections.abc import Iterable
from typing import Final

import numpy as np

from models.photo_duplicates.describing import Proof
from models.photo_duplicates.description import Description
from models.photo_duplicates.features import WORDS, mirrored, near_words
from models.photo_duplicates.hashing import BAND_BITS, bands

FIRST_BAND: Final = WORDS
"""Tokens below are words, the others bands of hashes."""


def tokens_of(photo: Description) -> list[int]:
    """Return the tokens under which a photo is kept, sorted."""
    upright = {token for value in photo.hashes[::2] for token in _bands(value, probes=(0,))}
    return sorted({*photo.words, *upright})


def sought_tokens(photo: Description) -> list[int]:
    """Return the tokens under which copies of a photo may be kept, mirrored ones included, sorted."""
    if not photo.usable:
        return []
    proof = Proof.unpack(photo.features)
    words = near_words(proof.features) | near_words(mirrored(proof.features, proof.size[0]))
    probes = (0, *(1 << bit for bit in range(BAND_BITS)))
    return sorted({int(word) for word in words} | {token for value in photo.hashes for token in _bands(value, probes)})


def _bands(value: int, probes: Iterable[int]) -> list[int]:
    places = FIRST_BAND + (np.arange(len(bands(value))) << BAND_BITS)
    return [int(place) + (band ^ probe) for place, band in zip(places, bands(value), strict=True) for probe in probes]
