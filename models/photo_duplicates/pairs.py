"""Find the pairs of photos that are one, among many."""

from collections.abc import Mapping
from dataclasses import dataclass

from models.photo_duplicates import current_version
from models.photo_duplicates.candidates import CandidateIndex
from models.photo_duplicates.description import Description
from models.photo_duplicates.verifying import Evidence, verify


@dataclass(frozen=True)
class Pair:
    """A pair of photos, in the order of their keys, and the evidence that they are one."""

    a: str
    b: str
    evidence: Evidence


def find_pairs(photos: Mapping[str, Description]) -> list[Pair]:
    """Find the pairs among photos by key; photos of another version than today's take no part."""
    keys = sorted(photos)
    version = current_version()
    index = CandidateIndex(version, keys, [photos[key] for key in keys])
    pairs = []
    for key in keys:
        if photos[key].version != version:
            continue
        later = (each for each in index.look_up(photos[key]) if each > key)
        proved = ((each, verify(photos[key], photos[each])) for each in later)
        pairs += [Pair(key, each, evidence) for each, evidence in proved if evidence is not None]
    return sorted(pairs, key=lambda pair: (pair.a, pair.b))
