"""Kill -9 the process that judges, or its child: no photo is lost, none is judged twice, nothing is clear.

`make photos-sweep` kills 40 times; the ordinary suite twice.
"""

import os
import pathlib
import random
import signal
import subprocess
import sys
import time

import pytest
from sqlalchemy import text

from core.db.session import transaction
from core.platform import Platform
from pipelines.photos.object_keys import PLAIN, variant_key
from tests.factories import images
from tests.factories.plates import plate_picture
from tests.pipelines.photos.copies_of import add_car
from tests.pipelines.photos.test_judging import add_photo, now

_OPEN = text("SELECT count(*) FROM media_iq_jobs WHERE state IN ('waiting', 'running')")
_TWICE = text("""
SELECT count(*) FROM (SELECT subject_id FROM outbox_events WHERE topic = 'photo' AND kind = 'judged'
GROUP BY subject_id HAVING count(*) > 1) twice
""")


def started(platform: Platform) -> subprocess.Popen[bytes]:
    assert platform.settings.database_pipelines_url is not None
    url = platform.settings.database_pipelines_url.get_secret_value()
    command = [sys.executable, "-m", "tests.pipelines.photos.judging_process", url, str(platform.settings.home)]
    return subprocess.Popen(command)


def children_of(pid: int) -> list[int]:
    with pathlib.Path(f"/proc/{pid}/task/{pid}/children").open() as listed:
        return [int(child) for child in listed.read().split()]


def waits(platform: Platform) -> int:
    with platform.sessions() as session:
        return session.scalar(_OPEN) or 0


@pytest.mark.parametrize(
    ("most", "begin_with"),
    [(2, 4), pytest.param(40, 60, marks=[pytest.mark.sweep, pytest.mark.timeout(1_800)])],
    ids=["short", "whole"],
)
def test_kills_lose_and_double_no_photo(platform: Platform, most: int, begin_with: int) -> None:
    dice, cars = random.Random(7), [add_car(platform.sessions) for _ in range(10)]
    photos = []
    for number in range(begin_with):
        picture, _ = plate_picture(f"QXA{number:04d}")
        photos.append(add_photo(platform, cars[number % 10], images.saved(picture, "PNG")))
    kills, whole = 0, 0
    process = started(platform)
    while kills < most or waits(platform):
        if kills >= most:
            time.sleep(0.2)
            continue
        time.sleep(dice.uniform(0.1, 4.0))
        victims = children_of(process.pid) if dice.random() < 0.3 else []
        os.kill(victims[0] if victims else process.pid, signal.SIGKILL)
        kills, whole = kills + 1, whole + (not victims)
        if not victims:
            process.wait()
            process = started(platform)
        if not waits(platform):  # more to do for the rest of the kills
            picture, _ = plate_picture(f"QXB{kills:04d}")
            photos.append(add_photo(platform, cars[0], images.saved(picture, "PNG")))
    time.sleep(1)
    process.terminate()
    process.wait()
    with transaction(platform.sessions) as session:
        states = dict(session.execute(text("SELECT state, count(*) FROM media_iq_jobs GROUP BY 1")).all())  # type: ignore[arg-type]
        verdicts = session.scalar(text("SELECT count(*) FROM photo_verdicts"))
        assert session.scalar(_TWICE) == 0
    failed = states.get("failed", 0)  # two kills of the child over one photo count as the photo's fault
    assert states.get("done", 0) + failed == verdicts + failed == len(photos)
    for photo in (now(platform, each) for each in photos):
        assert photo.content_id is not None
        if photo.plates == "done":
            assert photo.rendition not in (None, PLAIN)
            assert platform.storage.exists(variant_key(photo.content_id, photo.rendition, "800.jpg"))
        else:
            assert photo.plates == "pending"
    print(f"kills {kills} ({whole} of the process), photos {len(photos)}, failed {failed}")
