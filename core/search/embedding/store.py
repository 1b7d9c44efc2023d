"""Keep vectors in a folder, level with the listings by small additions.

    <home>/search/vectors/
        current          the names of the segments that answer, the newest last; replaced by rename
        <segment>/       as `core.search.embedding.vectors` describes it

An addition is a segment of its own, so what was embedded stays when the process dies behind it. Segments of like size
are merged, so there are few of them, and a vector is copied a few times in its life however many changes come. A reader
maps the files into memory and keeps its set although it was replaced.
"""

import os
import shutil
import uuid
from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from uuid import UUID

import numpy as np
import numpy.typing as npt

from core.search.embedding.embedder import Embedder
from core.search.embedding.vectors import GONE, Segment, Vectors
from core.search.single_writer import single_writer

_TRIES = 5
_LOCK_SECONDS = 30.0


@dataclass(frozen=True)
class Difference:
    """Listings whose sentence is not that of the set, and ids in the set that are no listings any more."""

    changed: dict[UUID, str]
    gone: list[UUID]


class VectorStore:
    """Stores the segments in a folder. One process adds at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._opened: tuple[tuple[str, ...], Vectors] | None = None

    def current(self) -> Vectors | None:
        """Return the set as it is; None where none was made."""
        for left in reversed(range(_TRIES)):
            names = self._names()
            if names is None:
                return None
            try:
                return self._read(names)
            except FileNotFoundError:  # it was merged between the two readings
                if not left:
                    raise
        raise AssertionError("unreachable")

    def difference(self, sentences: Mapping[UUID, str], model: str) -> Difference:
        """Compare all listings with the set; where another model made it, every listing is changed."""
        present = self.current()
        if present is None or present.model != model:
            return Difference(dict(sentences), [])
        changed = {one: text for one, text in sentences.items() if present.digest_of(one.bytes) != digest_of(text)}
        keys = {one.bytes for one in sentences}
        return Difference(changed, sorted(UUID(bytes=key) for key in present.places.keys() - keys))

    def update(self, sentences: Mapping[UUID, str], gone: Collection[UUID], embedder: Embedder) -> int:
        """Put listings in, take others out, and return how many sentences had to be embedded; on disk when it returns.

        A set of another model is dropped whole.

        Raises:
            RetryableError: `index_busy` while another process adds.
        """
        with self._alone():
            present = self.current() or Vectors(())
            if present.segments and present.model != embedder.name:
                present = Vectors(())
            made, computed = _segment(sentences, gone, present, embedder)
            segments = [*present.segments, made]
            made.write(self._folder)
            while len(segments) > 1 and 2 * len(segments[-1].ids) >= len(segments[-2].ids):
                segments[-2:] = [_merged(segments[-2], segments[-1], first=len(segments) == 2)]
                segments[-1].write(self._folder)
            self._publish(segments)
        return computed

    def _alone(self) -> AbstractContextManager[None]:
        return single_writer(self._folder / "lock", timeout=_LOCK_SECONDS)

    def _names(self) -> tuple[str, ...] | None:
        try:
            return tuple((self._folder / "current").read_text(encoding="ascii").split())
        except FileNotFoundError:
            return None

    def _read(self, names: tuple[str, ...]) -> Vectors:
        opened = self._opened
        if opened is None or opened[0] != names:
            known = {} if opened is None else {segment.name: segment for segment in opened[1].segments}
            segments = tuple(known.get(name) or Segment.read(self._folder / name) for name in names)
            opened = self._opened = (names, Vectors(segments))
        return opened[1]

    def _publish(self, segments: list[Segment]) -> None:
        names = [segment.name for segment in segments]
        aside = self._folder / f"current.{names[-1]}"
        with aside.open("w", encoding="ascii") as file:
            file.write("\n".join(names))
            file.flush()
            os.fsync(file.fileno())
        aside.replace(self._folder / "current")
        for entry in self._folder.iterdir():
            if entry.is_dir() and entry.name not in names:
                shutil.rmtree(entry, ignore_errors=True)


def digest_of(text: str) -> bytes:
    """Return the digest by which a sentence is recognised."""
    return blake2b(text.encode(), digest_size=16).digest()


def _segment(
    sentences: Mapping[UUID, str], gone: Collection[UUID], present: Vectors, embedder: Embedder
) -> tuple[Segment, int]:
    """Make a segment; vectors of sentences that the present ones have are copied."""
    texts = list(dict.fromkeys(sentences.values()))
    digests = [digest_of(text) for text in texts]
    known = [present.sentences.get(digest) for digest in digests]
    missing = [row for row, place in enumerate(known) if place is None]
    vectors = np.zeros((len(texts), embedder.dimensions), dtype=np.float16)
    for row, place in enumerate(known):
        if place is not None:
            vectors[row] = present.segments[place[0]].vectors[place[1]]
    if missing:
        vectors[missing] = embedder.embed([texts[row] for row in missing]).astype(np.float16)
    rows = {text: row for row, text in enumerate(texts)}
    left = [one for one in gone if one not in sentences]
    ids = _bytes_of([one.bytes for one in [*sentences, *left]])
    row_of = np.array([*(rows[text] for text in sentences.values()), *(GONE for _ in left)], dtype=np.int32)
    return Segment(uuid.uuid4().hex, embedder.name, ids, row_of, vectors, _bytes_of(digests)), len(missing)


def _merged(one: Segment, other: Segment, *, first: bool) -> Segment:
    """Merge two neighbours; where nothing is before them, nothing needs to be remembered of listings that are gone."""
    places: dict[bytes, tuple[Segment, int]] = {}
    for segment in (one, other):
        for key, row in zip(map(bytes, segment.ids), segment.row_of.tolist(), strict=True):
            places[key] = segment, row
    if first:
        places = {key: place for key, place in places.items() if place[1] != GONE}
    rows: dict[bytes, int] = {}
    vectors, row_of = [], []
    for segment, row in places.values():
        if row == GONE:
            row_of.append(GONE)
            continue
        digest = bytes(segment.digests[row])
        if digest not in rows:
            rows[digest] = len(rows)
            vectors.append(segment.vectors[row])
        row_of.append(rows[digest])
    return Segment(
        uuid.uuid4().hex,
        other.model,
        _bytes_of(list(places)),
        np.array(row_of, dtype=np.int32),
        np.array(vectors, dtype=np.float16).reshape(len(vectors), other.vectors.shape[1]),
        _bytes_of(list(rows)),
    )


def _bytes_of(values: list[bytes]) -> npt.NDArray[np.uint8]:
    return np.frombuffer(b"".join(values), dtype=np.uint8).reshape(len(values), 16)
