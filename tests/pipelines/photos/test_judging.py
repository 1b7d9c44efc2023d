"""Photos are judged once for each content, and nothing of a plate is shown before, after or in spite of it."""

import io
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from core.clock import utc_now
from core.db.session import transaction
from core.db.tables.photo_verdicts import MediaIQJob, PhotoVerdict
from core.db.tables.photos import ListingPhoto
from core.platform import Platform
from pipelines.photos.contents import ContentStore, finish_content
from pipelines.photos.judging.jobs import CLAIMS, JobRepository
from pipelines.photos.judging.judge import JudgedBatch, JudgingParts, judge_batch
from pipelines.photos.judging.verdicts import decide_again, decide_due
from pipelines.photos.judging.worker import ChildLimits, JudgingChild, JudgingFailedError
from pipelines.photos.object_keys import ORIGINAL, PLAIN, content_key, content_prefix, variant_key
from pipelines.photos.repository import PhotoRepository, photo_owner
from samples.photos.draw import Spec, draw_photo
from tests.factories import images
from tests.factories.photos import remove_photo
from tests.factories.plates import plate_picture
from tests.pipelines.photos.copies_of import add_car

pytestmark = pytest.mark.slow

NOW = utc_now()
PLATE = images.saved(plate_picture()[0], "PNG")


@pytest.fixture(scope="module")
def child(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JudgingChild]:
    with JudgingChild(tmp_path_factory.mktemp("no-model") / "cars.tflite") as made:
        yield made


class Interrupted(JudgingChild):
    """A child over whose photo something else happens before it answers."""

    def __init__(self, real: JudgingChild, meanwhile: Callable[[], None]) -> None:
        super().__init__(Path("/nowhere"))
        self._real, self._meanwhile = real, meanwhile

    def ask(
        self, folder: Path, task: str, boxes: Sequence[Sequence[int]] = (), size: tuple[int, int] | None = None
    ) -> dict[str, Any]:
        answer = self._real.ask(folder, task, boxes, size)
        self._meanwhile()
        return answer


def add_photo(platform: Platform, listing_id: UUID, data: bytes = PLATE, plates: str = "pending") -> ListingPhoto:
    store = ContentStore(platform.sessions, platform.storage, platform.settings.spool_dir)
    prepared = store.prepare(data, NOW)
    with transaction(platform.sessions) as session:
        owner = photo_owner(session, listing_id)
        assert owner is not None
        content = finish_content(session, prepared, NOW)
        return PhotoRepository(session, owner).add(ListingPhoto(origin="upload", slot="front", plates=plates), content)


def judged(platform: Platform, child: JudgingChild, *, required: bool = True) -> JudgedBatch:
    def transactions() -> AbstractContextManager[Session]:
        return transaction(platform.sessions)

    parts = JudgingParts(transactions, platform.storage, platform.settings.spool_dir, child)
    result = judge_batch(parts, 10)
    decide_due(transactions, 100, required=required)
    return result


def now(platform: Platform, photo: ListingPhoto) -> ListingPhoto:
    with platform.sessions() as session:
        return session.get_one(ListingPhoto, photo.id)


def verdict_of(platform: Platform, photo: ListingPhoto) -> PhotoVerdict | None:
    assert photo.content_id is not None
    with platform.sessions() as session:
        return session.get(PhotoVerdict, photo.content_id)


def job_of(platform: Platform, photo: ListingPhoto) -> MediaIQJob:
    with platform.sessions() as session:
        return session.scalars(select(MediaIQJob).filter_by(content_id=photo.content_id, photo_id=None)).one()


def shown_pixels(platform: Platform, photo: ListingPhoto, name: str = "800.webp") -> NDArray[np.uint8]:
    assert photo.content_id is not None
    data = platform.storage.get(variant_key(photo.content_id, photo.rendition, name))
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def spread(platform: Platform, photo: ListingPhoto) -> float:
    """Measure how much the pixels vary in the area of the drawn plate."""
    scale = 800 / 960
    area = shown_pixels(platform, photo)[
        round(405 * scale) : round(455 * scale), round(365 * scale) : round(595 * scale)
    ]
    return float(area.std((0, 1)).max())


def test_plate_is_covered_in_every_variant_under_a_new_address(platform: Platform, child: JudgingChild) -> None:
    photo = add_photo(platform, add_car(platform.sessions))
    assert spread(platform, photo) > 40  # as its owner sees it meanwhile
    assert judged(platform, child) == JudgedBatch(taken=1, done=1)
    after = now(platform, photo)
    assert (after.plates, after.public_key != photo.public_key) == ("done", True)
    assert spread(platform, after) < 3
    folder = content_prefix(photo.content_id) + f"{after.rendition}/"  # type: ignore[arg-type]
    assert len(list(platform.storage.keys(folder))) == 6
    verdict = verdict_of(platform, photo)
    assert verdict is not None
    assert (verdict.vehicle, len(verdict.plates)) == (None, 1)
    assert "+plates-4+quality-" in verdict.version
    assert "+pillow-" in verdict.version


def test_same_content_is_judged_once_whoever_lists_it(platform: Platform, child: JudgingChild) -> None:
    first = add_photo(platform, add_car(platform.sessions))
    second = add_photo(platform, add_car(platform.sessions))
    assert judged(platform, child) == JudgedBatch(taken=1, done=1)
    third = add_photo(platform, add_car(platform.sessions))
    assert judged(platform, child) == JudgedBatch()
    shown = [now(platform, photo) for photo in (first, second, third)]
    assert {photo.plates for photo in shown} == {"done"}
    assert len({photo.rendition for photo in shown}) == 1
    assert len({photo.public_key for photo in shown}) == 3


def test_photo_without_plates_shows_its_own_variants(platform: Platform, child: JudgingChild) -> None:
    photo = add_photo(platform, add_car(platform.sessions), images.jpeg())
    judged(platform, child)
    assert (now(platform, photo).plates, now(platform, photo).rendition) == ("done", PLAIN)


def test_paper_is_held_back_from_every_listing_that_shows_it(platform: Platform, child: JudgingChild) -> None:
    paper = images.saved(Image.fromarray(draw_photo(Spec("document", name="cnic"), 1).pixels), "JPEG", quality=92)
    shown = add_photo(platform, add_car(platform.sessions), paper, plates="waived")
    waiting = add_photo(platform, add_car(platform.sessions), paper)
    judged(platform, child, required=False)
    for photo in (shown, waiting):
        assert (now(platform, photo).plates, now(platform, photo).rendition) == ("held", None)
        assert now(platform, photo).public_key != photo.public_key
        verdict = verdict_of(platform, photo)
        assert verdict is not None
        assert verdict.codes[0] == "document"


def test_photo_shown_before_the_step_was_required_is_redone_under_a_new_address(
    platform: Platform, child: JudgingChild
) -> None:
    photo = add_photo(platform, add_car(platform.sessions), plates="waived")
    judged(platform, child, required=False)
    assert (now(platform, photo).plates, now(platform, photo).public_key) == ("waived", photo.public_key)
    with transaction(platform.sessions) as session:
        decide_again(session)
    judged(platform, child)
    assert now(platform, photo).plates == "done"
    assert now(platform, photo).public_key != photo.public_key
    assert spread(platform, now(platform, photo)) < 3


ENDING = """
import json, os, sys, time
asked = 0
for line in sys.stdin:
    asked += 1
    folder = json.loads(line)["folder"]
    if os.path.getsize(folder + "/original.jpg") == 4:
        open("LOG", "a").write(f"{asked} ")
        HOW
    print(json.dumps({"vehicle": None, "plates": [], "description": {"version": "x", "usable": False}}), flush=True)
"""
ENDS = {
    "SIGKILL": ("os.kill(os.getpid(), 9)", "judging_crashed"),
    "SIGSEGV": ("os.kill(os.getpid(), 11)", "judging_crashed"),
    "exit code 3": ("os._exit(3)", "judging_crashed"),
    "0.3 s": ("time.sleep(60)", "judging_timeout"),
}


@pytest.mark.parametrize("end", ENDS)
def test_photo_that_ends_the_child_is_tried_once_more_alone_and_fails_with_a_reason_and_its_batch_finishes(
    platform: Platform, tmp_path: Path, caplog: pytest.LogCaptureFixture, end: str
) -> None:
    car, (how, code) = add_car(platform.sessions), ENDS[end]
    good = [add_photo(platform, car, images.jpeg(500 + number, 400)) for number in range(2)]
    bad = add_photo(platform, car, images.jpeg(), plates="waived")
    assert bad.content_id is not None
    platform.storage.put(content_key(bad.content_id, ORIGINAL), b"evil")
    script = ENDING.replace("LOG", str(tmp_path / "log")).replace("HOW", how)
    limits = ChildLimits(wall_seconds=0.3, start_seconds=0.7, command=("-c", script))
    with JudgingChild(platform.settings.spool_dir / "none", limits) as child:
        first = judged(platform, child)
        others = [add_photo(platform, car, images.jpeg(600, 400))]
        with transaction(platform.sessions) as session:  # these come first, in the child that is used for the batch
            session.execute(text("UPDATE media_iq_jobs SET priority = priority + 1 WHERE attempts > 0"))
        second = judged(platform, child)
    assert (first, second) == (JudgedBatch(taken=3, done=2, again=1), JudgedBatch(taken=2, done=1, failed=1))
    assert (tmp_path / "log").read_text().split()[-1] == "1"  # the only photo of its child
    assert {now(platform, photo).plates for photo in good + others} == {"done"}
    assert {job_of(platform, photo).attempts for photo in good + others} == {0}
    assert (job_of(platform, bad).state, job_of(platform, bad).code) == ("failed", code)
    assert end in caplog.text
    after = now(platform, bad)  # shown before, and never clear again
    assert (after.plates, after.public_key != bad.public_key) == ("pending", True)
    assert verdict_of(platform, bad) is None


def test_child_that_was_killed_between_two_photos_costs_the_next_one_no_attempt(
    platform: Platform, child: JudgingChild
) -> None:
    add_photo(platform, add_car(platform.sessions))
    judged(platform, child)
    assert child.pid is not None
    os.kill(child.pid, signal.SIGKILL)
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    photo = add_photo(platform, add_car(platform.sessions), images.jpeg(640, 480))
    assert judged(platform, child) == JudgedBatch(taken=1, done=1)
    assert (now(platform, photo).plates, job_of(platform, photo).attempts) == ("done", 0)


def test_job_of_a_process_that_is_gone_is_taken_after_its_lease_and_the_late_one_changes_nothing(
    platform: Platform, child: JudgingChild
) -> None:
    photo = add_photo(platform, add_car(platform.sessions))
    with transaction(platform.sessions) as session:
        late = JobRepository(session).claim(5)
    assert judged(platform, child) == JudgedBatch()
    with transaction(platform.sessions) as session:
        session.execute(text("UPDATE media_iq_jobs SET lease_until = now() - interval '1 second'"))
    assert judged(platform, child).done == 1
    with transaction(platform.sessions) as session:
        jobs = JobRepository(session)
        assert (jobs.begin(late[0]), jobs.done(late[0]), jobs.fail(late[0], "x")) == (False, False, "gone")
    assert (job_of(platform, photo).attempts, job_of(platform, photo).claims) == (0, 1)


def test_job_that_ends_every_process_which_takes_it_fails(platform: Platform) -> None:
    photo = add_photo(platform, add_car(platform.sessions))
    for _ in range(CLAIMS):
        with transaction(platform.sessions) as session:
            [job] = JobRepository(session).claim(5)
            assert JobRepository(session).begin(job)
            session.execute(text("UPDATE media_iq_jobs SET lease_until = now() - interval '1 second'"))
    with transaction(platform.sessions) as session:
        assert JobRepository(session).claim(5) == []
    assert (job_of(platform, photo).state, job_of(platform, photo).code) == ("failed", "judging_lost")


def test_photo_deleted_while_it_is_judged_leaves_nothing(platform: Platform, child: JudgingChild) -> None:
    car = add_car(platform.sessions)
    photo = add_photo(platform, car)

    assert judged(platform, Interrupted(child, lambda: remove_photo(platform, photo))) == JudgedBatch(taken=1, gone=1)
    assert list(platform.storage.keys("photos/")) == []
    with platform.sessions() as session:
        assert session.scalars(select(PhotoVerdict)).all() == []
        assert session.scalars(select(MediaIQJob)).all() == []


def test_areas_drawn_by_hand_are_covered_on_that_photo_alone(platform: Platform, child: JudgingChild) -> None:
    mine = add_photo(platform, add_car(platform.sessions))
    other = add_photo(platform, add_car(platform.sessions))
    judged(platform, child)
    with transaction(platform.sessions) as session:
        session.execute(
            text("UPDATE listing_photos SET hand_boxes = '[[0, 0, 120, 90]]', judged_at = NULL WHERE id = :id"),
            {"id": mine.id},
        )
    assert judged(platform, child) == JudgedBatch(taken=1, done=1)
    assert now(platform, mine).rendition not in (None, PLAIN, now(platform, other).rendition)
    assert shown_pixels(platform, now(platform, mine))[5:70, 5:95].std((0, 1)).max() < 3
    assert spread(platform, now(platform, mine)) < 3


def test_uncovered_photo_leaves_the_other_listings_copy_covered(platform: Platform, child: JudgingChild) -> None:
    mine = add_photo(platform, add_car(platform.sessions))
    other = add_photo(platform, add_car(platform.sessions))
    judged(platform, child)
    before = now(platform, other)
    with transaction(platform.sessions) as session:
        session.execute(
            text("UPDATE listing_photos SET unblurred = true, judged_at = NULL WHERE id = :id"), {"id": mine.id}
        )
    judged(platform, child)
    assert now(platform, mine).rendition == PLAIN
    after = now(platform, other)
    assert (after.rendition, after.public_key) == (before.rendition, before.public_key)


BUSY = """
import sys
from pipelines.photos.judging.child import limit_cpu
sys.stdin.readline()
limit_cpu(1)
while True:
    pass
"""
STEADY = """
import signal, sys
from pipelines.photos.judging.child import limit_cpu
for _ in sys.stdin:
    limit_cpu(1)
    while signal.getitimer(signal.ITIMER_PROF)[0] > 0.6:
        pass
    print("{}", flush=True)
"""


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        (ChildLimits(memory_bytes=60_000_000), "judging_crashed"),
        (ChildLimits(command=("-c", BUSY)), "judging_timeout"),
    ],
)
def test_child_stays_within_its_limits(tmp_path: Path, limits: ChildLimits, code: str) -> None:
    (tmp_path / ORIGINAL).write_bytes(images.jpeg())
    with JudgingChild(tmp_path / "none", limits) as child, pytest.raises(JudgingFailedError) as caught:
        child.ask(tmp_path, "judge")
    assert caught.value.code == code


def test_processor_time_of_earlier_photos_does_not_count(tmp_path: Path) -> None:
    with JudgingChild(tmp_path / "none", ChildLimits(command=("-c", STEADY))) as child:
        first = [child.ask(tmp_path, "judge"), child.pid]
        assert [child.ask(tmp_path, "judge") for _ in range(4)] == [{}] * 4
        assert [{}, child.pid] == first
