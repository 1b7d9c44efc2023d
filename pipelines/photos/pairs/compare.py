"""Compare contents with all that were described before: candidates by tokens, proof by the child that judges.

A content is compared once its description is committed, so of two that come at once the later one sees the other.
Whatever is killed in between is compared again; pairs are written by the contents' keys, so nothing doubles.
"""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

from core.storage import ObjectNotFoundError
from pipelines.photos.judging.judge import JudgingParts
from pipelines.photos.judging.worker import JudgingFailedError
from pipelines.photos.object_keys import FEATURES, features_key
from pipelines.photos.pairs.descriptions import Candidate, DescriptionRepository, Uncompared
from pipelines.photos.pairs.pairs import PairRepository

_log = logging.getLogger(__name__)
_OF_CROWD = 3
"""Known pictures that everybody uses are compared first, so many at most: a placeholder costs little more than one."""


def compare_due(parts: JudgingParts, most: int, stopping: Callable[[], bool] = lambda: False) -> int:
    """Compare contents that wait for it, and count those that were taken."""
    from models.photo_duplicates import current_version  # loads OpenCV's metadata alone

    version = current_version()
    with parts.transactions() as session:
        waiting = DescriptionRepository(session).claim(version, most)
    for wanted in waiting:
        if stopping():
            break  # what was taken and not compared is taken again after its pause
        try:
            _compare(parts, wanted, version)
        except (JudgingFailedError, ObjectNotFoundError) as error:
            _log.warning("Comparing the photo content %s: %s", wanted.content_id, error)
    return len(waiting)


def _compare(parts: JudgingParts, wanted: Uncompared, version: str) -> None:
    from models.photo_duplicates.features import WORDS

    with parts.transactions() as session:
        candidates = DescriptionRepository(session).candidates(wanted, version, WORDS)
    crowd = [each for each in candidates if each.crowd][:_OF_CROWD]
    if _proved(parts, wanted, crowd, version):
        with parts.transactions() as session:
            PairRepository(session, version).join_crowd(wanted.content_id)
        return
    proved = _proved(parts, wanted, [each for each in candidates if not each.crowd], version)
    with parts.transactions() as session:
        PairRepository(session, version).keep(wanted.content_id, proved)


def _proved(
    parts: JudgingParts, wanted: Uncompared, candidates: Sequence[Candidate], version: str
) -> dict[UUID, dict[str, Any]]:
    """Have the child compare a content with candidates; those that were deleted meanwhile are left out."""
    if not candidates:
        return {}
    parts.spool.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=parts.spool, prefix="photo-") as name:
        folder, there = Path(name), list[UUID]()
        (folder / FEATURES).write_bytes(parts.storage.get(features_key(wanted.content_id, version)))
        for candidate in candidates:
            try:
                features = parts.storage.get(features_key(candidate.content_id, version))
            except ObjectNotFoundError:
                continue
            (folder / str(len(there))).write_bytes(features)
            there.append(candidate.content_id)
        evidence = parts.child.ask(folder, "compare")["evidence"]
    return {content_id: each for content_id, each in zip(there, evidence, strict=True) if each is not None}
