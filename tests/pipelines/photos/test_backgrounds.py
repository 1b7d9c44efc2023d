"""Backgrounds are cleaned where the organisation wants it, beside the photo; a service's answers are not trusted."""

import io
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from PIL import Image, ImageOps
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from core.clock import utc_now
from core.db.session import transaction
from core.db.tables.photo_backgrounds import PhotoBackground, PhotoChoice
from core.identity.orgs import get_org
from core.platform import Platform
from core.processes.loopback import served
from models.plates.recogniser import TextRecogniser
from pipelines.photos.backgrounds.clean import clean_due
from pipelines.photos.backgrounds.cleaner import BackgroundCleaner, GrabCutCleaner, OutsideCleaner
from pipelines.photos.judging.judge import JudgingParts
from pipelines.photos.judging.worker import ChildLimits, JudgingChild
from pipelines.photos.object_keys import clean_key
from tests.factories import images
from tests.factories.photos import remove_photo
from tests.factories.plates import CANARY, plate_picture
from tests.pipelines.photos.copies_of import add_car
from tests.pipelines.photos.test_judging import add_photo, judged, now

Clean = Callable[[bytes], tuple[int, bytes]]
PLATED = images.saved(plate_picture()[0], "JPEG", quality=92)


@pytest.fixture(scope="module")
def child(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JudgingChild]:
    with JudgingChild(tmp_path_factory.mktemp("no-model") / "cars.tflite") as made:
        yield made


@contextmanager
def service(answer: Clean) -> Iterator[tuple[str, list[bytes]]]:
    asked: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(self.rfile.read(int(self.headers["Content-Length"])))
            status, body = answer(asked[-1])
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    with served(server):
        yield f"http://127.0.0.1:{server.server_port}/clean", asked


def choose(platform: Platform, org: str = "khan-motors") -> None:
    with transaction(platform.sessions) as session:
        org_id = get_org(session, org).id
        session.add(PhotoChoice(org_id=org_id, clean_backgrounds=True, changed_at=utc_now()))


def cleaned(platform: Platform, child: JudgingChild, cleaner: BackgroundCleaner) -> int:
    def transactions() -> AbstractContextManager[Session]:
        return transaction(platform.sessions)

    return clean_due(JudgingParts(transactions, platform.storage, platform.settings.spool_dir, child), cleaner, 10)


def made(platform: Platform) -> list[tuple[str, str | None, int]]:
    with platform.sessions() as session:
        rows = session.scalars(select(PhotoBackground).order_by(PhotoBackground.content_id))
        return [(row.state, row.code, len(row.variants)) for row in rows]


def later(platform: Platform) -> None:
    with transaction(platform.sessions) as session:
        session.execute(text("UPDATE photo_backgrounds SET tried_at = tried_at - interval '1 hour'"))


def brighter(given: bytes) -> tuple[int, bytes]:
    return 200, images.saved(ImageOps.autocontrast(Image.open(io.BytesIO(given))), "PNG")


def with_plate(given: bytes) -> tuple[int, bytes]:
    """A service that puts back what we covered."""
    return 200, images.saved(plate_picture()[0].resize(Image.open(io.BytesIO(given)).size), "PNG")


def test_nothing_is_cleaned_for_who_did_not_choose_it(platform: Platform, child: JudgingChild) -> None:
    add_photo(platform, add_car(platform.sessions, org="ravi-cars"), PLATED)
    add_photo(platform, add_car(platform.sessions), images.saved(Image.new("RGB", (640, 480), "green"), "JPEG"))
    judged(platform, child)
    choose(platform)
    assert cleaned(platform, child, GrabCutCleaner()) == 1
    assert made(platform) == [("failed", "no_vehicle", 0)]  # without the detector there is no vehicle's box
    assert cleaned(platform, child, GrabCutCleaner()) == 0


def test_photo_is_cleaned_beside_itself_and_neither_way_shows_a_plate(platform: Platform, child: JudgingChild) -> None:
    photo = add_photo(platform, add_car(platform.sessions), PLATED)
    judged(platform, child)
    before = now(platform, photo)
    assert before.rendition not in (None, "plain")
    choose(platform)
    with service(with_plate) as (url, asked):
        assert cleaned(platform, child, OutsideCleaner(platform.settings, url)) == 1
    recogniser, [given] = TextRecogniser(), asked
    assert (after := now(platform, photo)) is not None
    assert (after.public_key, after.rendition, after.plates) == (before.public_key, before.rendition, before.plates)
    [(state, code, count)] = made(platform)
    assert (state, code, count >= 2) == ("done", None, True)
    shown = platform.storage.get(clean_key(photo.content_id, before.rendition or "", "800.jpg"))  # type: ignore[arg-type]
    for picture in (given, shown):
        opened = Image.open(io.BytesIO(picture)).convert("RGB")
        scale = opened.width / 960
        area = opened.crop((round(350 * scale), round(390 * scale), round(610 * scale), round(470 * scale)))
        assert CANARY[:4] not in recogniser.read(np.asarray(area.resize((520, 160))))
    remove_photo(platform, photo)
    assert made(platform) == []
    assert not list(platform.storage.keys(f"photos/{photo.content_id}/"))


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (lambda _: (500, b""), "cleaning_service_failed"),
        (lambda _: (200, b"<html>"), "unsupported_image_type"),
        (lambda _: (200, images.saved(Image.new("RGB", (99, 77)), "PNG")), "cleaning_service_failed"),
    ],
    ids=["error", "page", "size"],
)
def test_service_that_gives_rubbish_is_asked_twice_and_changes_nothing(
    platform: Platform, child: JudgingChild, answer: Clean, code: str
) -> None:
    photo = add_photo(platform, add_car(platform.sessions), PLATED)
    judged(platform, child)
    choose(platform)
    before = now(platform, photo)
    with service(answer) as (url, asked):
        for _ in range(4):
            cleaned(platform, child, OutsideCleaner(platform.settings, url))
            later(platform)
    assert (len(asked), made(platform)) == (2, [("failed", code, 0)])
    assert now(platform, photo).public_key == before.public_key


def test_another_way_of_cleaning_does_it_anew(platform: Platform, child: JudgingChild) -> None:
    add_photo(platform, add_car(platform.sessions), PLATED)
    judged(platform, child)
    choose(platform)
    assert cleaned(platform, child, GrabCutCleaner()) == 1
    with service(brighter) as (url, _):
        assert cleaned(platform, child, OutsideCleaner(platform.settings, url)) == 1
    assert [row[:2] for row in made(platform)] == [("done", None)]


def test_child_that_takes_more_than_it_may_is_tried_twice(platform: Platform, child: JudgingChild) -> None:
    add_photo(platform, add_car(platform.sessions), PLATED)
    judged(platform, child)
    choose(platform)
    hanging = ("-c", "import sys; sys.stdin.read()")
    with JudgingChild(
        platform.settings.models_dir / "none", ChildLimits(wall_seconds=0.2, start_seconds=0, command=hanging)
    ) as slow:
        for _ in range(3):
            cleaned(platform, slow, GrabCutCleaner())
            later(platform)
    assert made(platform) == [("failed", "judging_timeout", 0)]
