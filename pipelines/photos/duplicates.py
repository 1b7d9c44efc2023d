"""Find the photos of a folder that are one: each described in a child with limits, and compared here."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from queue import SimpleQueue

from core.errors import AutomartError
from models.photo_duplicates.description import Description
from models.photo_duplicates.pairs import Pair, find_pairs
from pipelines.photos.judging.worker import JudgingChild
from pipelines.photos.plates import find_plates

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp"})


@dataclass(frozen=True)
class DuplicateSearch:
    """The pairs by the files' names, and the codes of files that were refused."""

    pairs: tuple[Pair, ...]
    refused: dict[str, str]
    photos: int


def photos_of(folder: Path) -> list[Path]:
    """Return the photos below a folder by the ends of their names, in order."""
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())


def find_duplicates(files: Sequence[Path], spool: Path, car_file: Path) -> DuplicateSearch:
    """Describe files, the same bytes once, and find the pairs that are one photo."""
    digests, contents = dict[Path, str](), dict[str, Path]()
    refused = dict[str, str]()
    for file in files:
        try:
            digests[file] = sha256(file.read_bytes()).hexdigest()
        except OSError:
            refused[str(file)] = "file_unusable"
        else:
            contents.setdefault(digests[file], file)

    with ExitStack() as stack, ThreadPoolExecutor(os.cpu_count()) as workers:
        free = SimpleQueue[JudgingChild]()
        for _ in range(os.cpu_count() or 1):
            free.put(stack.enter_context(JudgingChild(car_file)))

        def described(file: Path) -> Description | str:
            child = free.get()
            try:
                return find_plates(file.read_bytes(), spool, child).description
            except AutomartError as error:
                return error.code
            finally:
                free.put(child)

        answers = dict(zip(contents, workers.map(described, contents.values()), strict=True))
    known = dict[str, Description]()
    for file, digest in digests.items():
        answer = answers[digest]
        if isinstance(answer, str):
            refused[str(file)] = answer
        else:
            known[str(file)] = answer
    return DuplicateSearch(tuple(find_pairs(known)), refused, len(known))
