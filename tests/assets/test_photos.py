"""The assets judge what the loop has not, record what was found, and their checks see what is stuck."""

import io
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from uuid import uuid4

import dagster as dg
import pytest
from PIL import Image
from sqlalchemy import text

from assets.definitions import defs
from core.db.session import SessionFactory, transaction
from core.platform import Platform
from core.settings import Settings
from core.storage import Storage
from pipelines.photos.judging.grids import photo_grid
from pipelines.photos.judging.state import ShownPhoto
from pipelines.photos.object_keys import ORIGINAL, PLAIN, content_key, variant_key
from samples.photos.draw import Spec, draw_photo
from tests.factories import images
from tests.pipelines.photos.copies_of import add_car
from tests.pipelines.photos.test_judging import add_photo, now


@pytest.fixture
def platform(environment: Settings, session_factory: SessionFactory, storage: Storage, tmp_path: Path) -> Platform:
    del tmp_path
    return Platform(environment, session_factory, storage)


def run(instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    return defs().resolve_job_def("photos_judging").execute_in_process(instance=instance, run_config=quiet)


def metadata_of(result: dg.ExecuteInProcessResult) -> dict[str, dict[str, dg.MetadataValue]]:
    return {
        event.asset_key.path[-1]: dict(event.materialization.metadata)  # type: ignore[union-attr]
        for event in result.get_asset_materialization_events()
    }


def passed(result: dg.ExecuteInProcessResult) -> dict[str, bool]:
    return {check.check_name: check.passed for check in result.get_asset_check_evaluations()}


def test_grids_are_drawn_from_the_variants_in_which_plates_are_covered(storage: Storage) -> None:
    colours = {ORIGINAL: (255, 0, 0), "320.jpg": (0, 0, 255), "covered/320.jpg": (0, 255, 0)}
    content = uuid4()
    for name, colour in colours.items():
        picture = images.saved(Image.new("RGB", (320, 240), colour), "JPEG", quality=95)
        storage.put(content_key(content, name), picture)
    asked = list[str]()

    def get(key: str) -> bytes:
        asked.append(key)
        return storage.get(key)

    recorded = cast(Any, SimpleNamespace(get=get))
    gone = ShownPhoto(uuid4(), PLAIN, 50)
    shown = [ShownPhoto(content, "covered", 50), gone, ShownPhoto(content, PLAIN, 50)]
    grid = photo_grid(recorded, shown)
    assert asked == [variant_key(each.content_id, each.rendition, "320.jpg") for each in shown]
    assert grid is not None
    drawn = Image.open(io.BytesIO(grid)).convert("RGB")
    assert drawn.width == 2 * 200 + 4  # a photo that is gone takes no cell
    first, second = (cast("tuple[int, int, int]", drawn.getpixel((at, 75))) for at in (100, 304))
    assert (max(first), max(second)) == (first[1], second[2])
    assert photo_grid(recorded, [gone]) is None


@pytest.mark.slow
def test_run_judges_decides_and_scores_and_its_checks_see_stuck_jobs(
    instance: dg.DagsterInstance, platform: Platform
) -> None:
    car = add_car(platform.sessions)
    drawn = [
        draw_photo(Spec(view=view, car=1, bay=1), number, (640, 480)) for number, view in enumerate(("front", "rear"))
    ]
    photos = [
        add_photo(platform, car, images.saved(Image.fromarray(each.pixels), "JPEG", quality=92)) for each in drawn
    ]
    smaller = Image.fromarray(drawn[0].pixels).resize((576, 432))
    add_photo(platform, add_car(platform.sessions), images.saved(smaller, "JPEG", quality=80))
    first = run(instance)
    assert {name for name, good in passed(first).items() if not good} == {"car_gate_is_on"}, passed(first)
    canaries = next(each for each in first.get_asset_check_evaluations() if each.check_name == "plates_are_blurred")
    assert (canaries.metadata["car_gate_off"].value, canaries.metadata["plates"].value) == (True, 12)
    assert "data:image/jpeg" in str(canaries.metadata["before_and_after"].value)
    assert {now(platform, photo).plates for photo in photos} == {"done"}
    found = metadata_of(first)
    assert (found["photo_scores"]["done"].value, found["photo_scores"]["judged"].value) == (3, 3)
    assert found["listing_media_scores"]["scored_now"].value == 2
    assert (found["duplicate_photos"]["compared_now"].value, found["duplicate_photos"]["waiting"].value) == (3, 0)
    assert "same_photo" in str(found["duplicate_photos"]["pairs"])
    assert "data:image/jpeg" in str(found["duplicate_photos"]["last_pairs"].value)
    assert "data:image/jpeg" in str(found["plate_blurs"]["worst_ten"].value)
    with transaction(platform.sessions) as session:
        session.execute(text("UPDATE photo_verdicts SET version = 'older'"))
        stuck = "state = 'waiting', created_at = now() - interval '2 hours', claims = 0"
        session.execute(text(f"UPDATE media_iq_jobs SET {stuck} WHERE content_id = :id"), {"id": photos[0].content_id})
        seen = session.scalar(text("SELECT photo_score FROM listings WHERE id = :id"), {"id": car})
    assert seen is not None
    from assets.defs.photos.judging_checks import no_job_is_stuck, scores_are_fresh

    assert not no_job_is_stuck(platform).passed
    assert not scores_are_fresh(platform).passed
    again = metadata_of(run(instance))["photo_scores"]
    assert (again["asked_again"].value, again["done"].value, again["of_other_versions"].value) == (2, 3, 0)
