"""Read sets of vectors: segments, each of some listings, of which a later one has the say.

A segment is a folder that never changes: ids.npy (listings x 16 bytes), row_of.npy (the sentence of each listing; -1:
it is gone), vectors.npy (sentences x dimensions, float16), digests.npy (of the sentences) and model.txt.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from uuid import UUID

import numpy as np
import numpy.typing as npt

from core.search.embedding.embedder import Matrix

GONE = -1
_AT_ONCE = 16_384  # rows that are widened to float32 at a time
PARTS = ("ids", "row_of", "vectors", "digests")


@dataclass(frozen=True)
class Segment:
    """Listings, and the vector of each one's sentence."""

    name: str
    model: str
    ids: npt.NDArray[np.uint8]  # (listings, 16)
    row_of: npt.NDArray[np.int32]  # (listings,)
    vectors: npt.NDArray[np.float16]  # (sentences, dimensions)
    digests: npt.NDArray[np.uint8]  # (sentences, 16)

    @classmethod
    def read(cls, folder: Path) -> "Segment":
        """Map a segment's files into memory; it can be read on after it was removed.

        Raises:
            FileNotFoundError: it was merged into another one.
        """
        model = (folder / "model.txt").read_text(encoding="ascii")
        return cls(folder.name, model, *(np.load(folder / f"{part}.npy", mmap_mode="r") for part in PARTS))

    def write(self, home: Path) -> None:
        """Write the files to a folder of the segment's name."""
        folder = home / self.name
        folder.mkdir(parents=True)
        for part in PARTS:
            np.save(folder / f"{part}.npy", getattr(self, part))
        (folder / "model.txt").write_text(self.model, encoding="ascii")

    def scores(self, question: Matrix) -> npt.NDArray[np.float32]:
        """Return the cosine of each listing with the question; of those that are gone, any."""
        parts = [
            self.vectors[at : at + _AT_ONCE].astype(np.float32) @ question
            for at in range(0, len(self.vectors), _AT_ONCE)
        ]
        by_sentence = np.concatenate([*parts, np.zeros(1, dtype=np.float32)])  # the last one for those that are gone
        return by_sentence[self.row_of]


@dataclass(frozen=True)
class Vectors:
    """The segments that answer, the newest last."""

    segments: tuple[Segment, ...]

    @property
    def model(self) -> str | None:
        """The model that made them; None where there are none."""
        return self.segments[-1].model if self.segments else None

    @cached_property
    def places(self) -> dict[bytes, tuple[int, int]]:
        """The segment and the place in it of each listing that is not gone, by its id."""
        found: dict[bytes, tuple[int, int]] = {}
        for number, segment in enumerate(self.segments):
            for at, (key, row) in enumerate(zip(map(bytes, segment.ids), segment.row_of.tolist(), strict=True)):
                if row == GONE:
                    found.pop(key, None)
                else:
                    found[key] = number, at
        return found

    @cached_property
    def sentences(self) -> dict[bytes, tuple[int, int]]:
        """The segment and the row of each sentence, by its digest."""
        return {
            bytes(digest): (number, row)
            for number, segment in enumerate(self.segments)
            for row, digest in enumerate(segment.digests)
        }

    @cached_property
    def _present(self) -> list[npt.NDArray[np.intp]]:
        """The places of each segment that have the say."""
        marks: list[list[int]] = [[] for _ in self.segments]
        for number, at in self.places.values():
            marks[number].append(at)
        return [np.array(sorted(places), dtype=np.intp) for places in marks]

    def digest_of(self, key: bytes) -> bytes | None:
        """Return the digest of a listing's sentence; None where the listing is not in it."""
        place = self.places.get(key)
        if place is None:
            return None
        segment = self.segments[place[0]]
        return bytes(segment.digests[segment.row_of[place[1]]])

    def nearest(self, question: Matrix, count: int) -> list[tuple[UUID, float]]:
        """Return the listings whose sentences are nearest to the question, each with the cosine; ties by id.

        Every sentence is looked at.
        """
        found = [
            (segment.scores(question)[places], segment.ids[places])
            for segment, places in zip(self.segments, self._present, strict=True)
        ]
        if not found:
            return []
        scores = np.concatenate([scores for scores, _ in found])
        ids = np.concatenate([ids for _, ids in found])
        kept = np.arange(len(scores))
        if len(scores) > count:
            least = np.partition(scores, -count)[-count]
            kept = np.flatnonzero(scores >= least)
        ranked = sorted((-float(scores[at]), bytes(ids[at])) for at in kept)
        return [(UUID(bytes=key), -score) for score, key in ranked[:count]]
