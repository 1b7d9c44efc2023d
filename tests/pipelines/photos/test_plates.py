"""Plates of files: upright original pixels, one decoder, a child with limits."""

import io
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.settings import Settings
from models.plates.weights import CAR_FILE
from pipelines.photos.car_model import WrongModelPackageError, keep_car_model
from pipelines.photos.judging.worker import ChildLimits, JudgingChild
from pipelines.photos.object_keys import ORIGINAL
from pipelines.photos.plates import PlateSearchFailedError, cover_plates, find_plates
from tests.factories.images import SECRETS, exif, in_wide_colours
from tests.factories.plates import CANARY, plate_picture

pytestmark = pytest.mark.slow

NO_CAR_FILE = Path("/nowhere/cars.tflite")


@pytest.fixture(scope="module")
def child() -> Iterator[JudgingChild]:
    with JudgingChild(NO_CAR_FILE) as made:
        yield made


def saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    kept = io.BytesIO()
    picture.save(kept, kind, **options)
    return kept.getvalue()


def variants() -> dict[str, bytes]:
    picture, _ = plate_picture()
    turned = picture.transpose(Image.Transpose.ROTATE_90)  # what orientation 6 turns upright again
    return {
        "cmyk": saved(picture.convert("CMYK"), "JPEG", quality=95),
        "grey": saved(picture.convert("L"), "PNG"),
        "alpha": saved(picture.convert("RGBA"), "WEBP", lossless=True),
        "sixteen bits": saved(Image.fromarray(np.asarray(picture.convert("L")).astype(np.uint16) * 257), "PNG"),
        "wide colours": in_wide_colours(picture),
        "turned": saved(turned, "JPEG", quality=95, exif=exif(6)),
    }


def test_boxes_are_the_same_upright_pixels_in_every_coding(tmp_path: Path, child: JudgingChild) -> None:
    plain = find_plates(saved(plate_picture()[0], "PNG"), tmp_path, child)
    assert len(plain.plates) == 1
    assert plain.vehicle is None
    for name, data in variants().items():
        other = find_plates(data, tmp_path, child)
        assert (other.width, other.height) == (960, 720), name
        differences = [abs(a - b) for a, b in zip(plain.plates[0].box, other.plates[0].box, strict=True)]
        assert max(differences) <= 2, name
        assert abs(plain.judgement.score - other.judgement.score) <= 3, name


def test_child_works_on_one_thread_and_answers_no_letter_of_a_plate_that_it_read(tmp_path: Path) -> None:
    """Text is read where the car gate is on and sees no vehicle, as here."""
    cars = Settings().models_dir / CAR_FILE
    plate_picture()[0].save(tmp_path / ORIGINAL, "JPEG", quality=95)
    with JudgingChild(cars) as gated:
        answer = gated.ask(tmp_path, "judge")
        assert gated.pid is not None
        status = Path(f"/proc/{gated.pid}/status").read_text()
    assert len(answer["plates"]) == 1
    assert (answer["vehicle"] is None) == (not cars.exists())
    assert not [word for word in (CANARY, CANARY[:3], CANARY[3:]) if f'"{word}' in json.dumps(answer)]
    assert int(status.split("\nThreads:\t")[1].split()[0]) <= 2  # one of them is a library's, and idle


def test_covered_picture_is_clean_and_flat_where_the_plate_was(tmp_path: Path, child: JudgingChild) -> None:
    search, picture = cover_plates(variants()["turned"], tmp_path, child)
    assert picture.crop(search.plates[0].box).getcolors(1) is not None
    assert not [secret for secret in SECRETS if secret in saved(picture, "JPEG")]
    assert list(tmp_path.iterdir()) == []


def test_child_that_takes_too_much_fails_and_says_nothing_of_plates(tmp_path: Path) -> None:
    with (
        JudgingChild(NO_CAR_FILE, ChildLimits(memory_bytes=60_000_000)) as small,
        pytest.raises(PlateSearchFailedError),
    ):
        find_plates(saved(plate_picture()[0], "PNG"), tmp_path, small)


def test_another_package_is_refused_and_nothing_is_kept(tmp_path: Path) -> None:
    package = tmp_path / "other.tgz"
    package.write_bytes(b"no archive")
    with pytest.raises(WrongModelPackageError):
        keep_car_model(package, tmp_path / "models")
    assert not (tmp_path / "models").exists()
