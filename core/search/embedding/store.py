"""Keep vectors in a folder: one set at a time, replaced as a whole.

    <home>/search/vectors/
        current          the name of the set that answers; replaced by rename
        <set>/           vectors.npy (sentences x dimensions, float16), row_of.npy (the sentence of each listing),
                         ids.npy (listings x 16 bytes), digests.npy (of the sentences), model.txt

A reader maps the files into memory and keeps its set although it was replaced.
"""

import os
import shutil
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from uuid import UUID

import numpy as np
import numpy.typing as npt

from core.search.embedding.embedder import Embedder, Matrix

_AT_ONCE = 16_384  # rows that are widened to float32 at a time


@dataclass(frozen=True)
class Vectors:
    """One set: listings, and the vector of each one's sentence."""

    model: str
    ids: npt.NDArray[np.uint8]  # (listings, 16)
    row_of: npt.NDArray[np.int32]  # (listings,)
    vectors: npt.NDArray[np.float16]  # (sentences, dimensions)
    digests: npt.NDArray[np.uint8]  # (sentences, 16)

    def nearest(self, question: Matrix, count: int) -> list[tuple[UUID, float]]:
        """Return the listings whose sentences are nearest to the question, each with the cosine; ties by id.

        Every sentence is looked at.
        """
        parts = [
            self.vectors[at : at + _AT_ONCE].astype(np.float32) @ question
            for at in range(0, len(self.vectors), _AT_ONCE)
        ]
        if not parts:
            return []
        scores = np.concatenate(parts)[self.row_of]
        kept = np.arange(len(scores))
        if len(scores) > count:
            least = np.partition(scores, -count)[-count]
            kept = np.flatnonzero(scores >= least)
        ranked = sorted((-float(scores[at]), bytes(self.ids[at])) for at in kept)
        return [(UUID(bytes=key), -score) for score, key in ranked[:count]]


class VectorStore:
    """Stores the sets in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._opened: tuple[str, Vectors] | None = None

    def current(self) -> Vectors | None:
        """Return the newest set; None where none was made."""
        try:
            name = (self._folder / "current").read_text(encoding="ascii").strip()
        except FileNotFoundError:
            return None
        opened = self._opened
        if opened is None or opened[0] != name:
            opened = self._opened = (name, _read(self._folder / name))
        return opened[1]

    def replace(self, sentences: dict[UUID, str], embedder: Embedder) -> int:
        """Make a new set for these listings; return how many sentences the old set lacked and had to be embedded."""
        texts = list(dict.fromkeys(sentences.values()))
        digests = [blake2b(text.encode(), digest_size=16).digest() for text in texts]
        vectors, computed = self._vectors(texts, digests, embedder)
        rows = {text: row for row, text in enumerate(texts)}
        made = Vectors(
            embedder.name,
            _bytes_of([listing_id.bytes for listing_id in sentences]),
            np.array([rows[text] for text in sentences.values()], dtype=np.int32),
            vectors,
            _bytes_of(digests),
        )
        self._publish(made)
        return computed

    def _vectors(
        self, texts: list[str], digests: list[bytes], embedder: Embedder
    ) -> tuple[npt.NDArray[np.float16], int]:
        present = self.current()
        known: dict[bytes, int] = {}
        if present is not None and present.model == embedder.name:
            known = {bytes(digest): row for row, digest in enumerate(present.digests)}
        vectors = np.zeros((len(texts), embedder.dimensions), dtype=np.float16)
        missing = [row for row, digest in enumerate(digests) if digest not in known]
        for row, digest in enumerate(digests):
            if present is not None and digest in known:
                vectors[row] = present.vectors[known[digest]]
        if missing:
            vectors[missing] = embedder.embed([texts[row] for row in missing]).astype(np.float16)
        return vectors, len(missing)

    def _publish(self, made: Vectors) -> None:
        name = uuid.uuid4().hex
        folder = self._folder / name
        folder.mkdir(parents=True)
        for part in _PARTS:
            np.save(folder / f"{part}.npy", getattr(made, part))
        (folder / "model.txt").write_text(made.model, encoding="ascii")
        aside = self._folder / f"current.{name}"
        with aside.open("w", encoding="ascii") as file:
            file.write(name)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(self._folder / "current")
        for entry in self._folder.iterdir():
            if entry.is_dir() and entry.name != name:
                shutil.rmtree(entry, ignore_errors=True)


_PARTS = ("ids", "row_of", "vectors", "digests")


def _bytes_of(values: Sequence[bytes]) -> npt.NDArray[np.uint8]:
    return np.frombuffer(b"".join(values), dtype=np.uint8).reshape(len(values), 16)


def _read(folder: Path) -> Vectors:
    model = (folder / "model.txt").read_text(encoding="ascii")
    mapped = [np.load(folder / f"{part}.npy", mmap_mode="r") for part in _PARTS]
    return Vectors(model, *mapped)
