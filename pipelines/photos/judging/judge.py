"""Run jobs: read the clean original, have the child judge it, keep its covered variants, then the verdict.

Objects are written before the row that names them, under names that follow from what they show, so a job that was
killed is only repeated. No connection is held while a picture is judged.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

from core.db.session import Transaction
from core.db.tables.photo_verdicts import PhotoVerdict
from core.db.tables.photos import ListingPhoto
from core.storage import ObjectNotFoundError, Storage
from models.plates.versions import REPLACING
from pipelines.photos.judging.jobs import Job, JobRepository
from pipelines.photos.judging.verdicts import Found, covered_by_hand, keep_verdict
from pipelines.photos.judging.versions import verdict_version
from pipelines.photos.judging.worker import JudgingChild, JudgingFailedError
from pipelines.photos.object_keys import (
    FEATURES,
    ORIGINAL,
    PLAIN,
    content_key,
    content_prefix,
    features_key,
    rendition_name,
    variant_key,
)
from pipelines.photos.pairs.descriptions import DescriptionRepository

_log = logging.getLogger(__name__)
Box = Sequence[int]


@dataclass(frozen=True)
class JudgedBatch:
    """Counts of jobs: done + again + failed + gone = taken. `gone`: the photo was deleted or changed meanwhile."""

    taken: int = 0
    done: int = 0
    again: int = 0
    failed: int = 0
    gone: int = 0

    def plus(self, outcome: str) -> "JudgedBatch":
        """Count one more job."""
        counts = {name: getattr(self, name) for name in ("done", "again", "failed", "gone")}
        counts[outcome] += 1
        return JudgedBatch(self.taken + 1, **counts)


@dataclass(frozen=True)
class JudgingParts:
    """The dependencies of judging: the caller's transactions, storage, a temporary folder, and the child process."""

    transactions: Transaction
    storage: Storage
    spool: Path
    child: JudgingChild


def judge_batch(parts: JudgingParts, most: int, stopping: Callable[[], bool] = lambda: False) -> JudgedBatch:
    """Take jobs and run them; those that are not begun when `stopping` says so are left to others."""
    with parts.transactions() as session:
        jobs = JobRepository(session).claim(most)
    result = JudgedBatch()
    for job in jobs:
        if stopping():
            with parts.transactions() as session:
                JobRepository(session).release(job)
            continue
        result = result.plus(_run(parts, job))
    return result


def _run(parts: JudgingParts, job: Job) -> str:
    with parts.transactions() as session:
        if not JobRepository(session).begin(job):
            return "gone"
    if job.attempts:
        parts.child.close()  # a photo that ended a child is tried again alone, in a new one
    try:
        return _judged(parts, job) if job.photo_id is None else _covered(parts, job, job.photo_id)
    except (JudgingFailedError, ObjectNotFoundError) as error:
        _log.warning("Judging the photo content %s: %s", job.content_id, error)
        with parts.transactions() as session:
            state = JobRepository(session).fail(job, error.code)
        return "again" if state == "waiting" else state


def _judged(parts: JudgingParts, job: Job) -> str:
    with TemporaryDirectory(dir=_made(parts.spool), prefix="photo-") as name:
        folder = _fetched(parts, job, Path(name))
        answer = parts.child.ask(folder, "judge")
        description = answer.pop("description")
        rendition = rendition_name([plate["box"] for plate in answer["plates"]], REPLACING)
        _keep_variants(parts, job, rendition, folder)
        if description["usable"]:
            features = (folder / FEATURES).read_bytes()
            parts.storage.put(features_key(job.content_id, description["version"]), features)
    found = Found(rendition=rendition, version=verdict_version(), **answer)
    with parts.transactions() as session:
        kept = JobRepository(session).done(job) and keep_verdict(session, job.content_id, found)
        if kept:
            DescriptionRepository(session).keep(job.content_id, description)
    return "done" if kept else _given_up(parts, job)


def _covered(parts: JudgingParts, job: Job, photo_id: UUID) -> str:
    with parts.transactions() as session:
        photo, verdict = session.get(ListingPhoto, photo_id), session.get(PhotoVerdict, job.content_id)
        if photo is None or verdict is None or photo.content_id != job.content_id:
            JobRepository(session).done(job)
            return "gone"
        found = [] if photo.unblurred else [plate["box"] for plate in verdict.plates]
        boxes = [*found, *(photo.hand_boxes or [])]
    rendition = rendition_name(boxes, REPLACING)
    with TemporaryDirectory(dir=_made(parts.spool), prefix="photo-") as name:
        folder = _fetched(parts, job, Path(name))
        parts.child.ask(folder, "cover", boxes)
        _keep_variants(parts, job, rendition, folder)
    with parts.transactions() as session:
        kept = JobRepository(session).done(job) and covered_by_hand(session, photo_id, job.content_id, rendition)
    return "done" if kept else _given_up(parts, job)


def _made(spool: Path) -> Path:
    spool.mkdir(parents=True, exist_ok=True)
    return spool


def _fetched(parts: JudgingParts, job: Job, folder: Path) -> Path:
    (folder / ORIGINAL).write_bytes(parts.storage.get(content_key(job.content_id, ORIGINAL)))
    return folder


def _keep_variants(parts: JudgingParts, job: Job, rendition: str, folder: Path) -> None:
    if rendition == PLAIN:
        return
    for file in sorted(folder.iterdir()):
        if file.name not in (ORIGINAL, FEATURES):
            parts.storage.put(variant_key(job.content_id, rendition, file.name), file.read_bytes())


def _given_up(parts: JudgingParts, job: Job) -> str:
    """Delete what was written for a content that the sweep has deleted meanwhile."""
    with parts.transactions() as session:
        still = JobRepository(session).content_exists(job.content_id)
    if not still:
        for key in list(parts.storage.keys(content_prefix(job.content_id))):
            parts.storage.delete(key)
    return "gone"
