"""Plates are found by text and shape, and what replaces them cannot be read."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from core.settings import Settings
from models.plates.finding import GATE, PlateFinder
from models.plates.recogniser import TextRecogniser
from models.plates.replacing import replace_areas
from models.plates.vehicles import VehicleDetector, open_vehicle_detector
from models.plates.weights import CAR_FILE, WeightsMissingError
from samples.photos.draw import Spec, draw_photo
from tests.factories.plates import CANARY, plate_picture

pytestmark = pytest.mark.slow


def test_plate_is_found_and_its_area_covered_wholly() -> None:
    picture, (x1, y1, x2, y2) = plate_picture()
    found = PlateFinder(None).find(np.asarray(picture))
    assert found.vehicle is None
    assert [plate for plate in found.plates if plate.box[0] <= x1 and plate.box[1] <= y1 and plate.box[2] >= x2
            and plate.box[3] >= y2]  # fmt: skip


@pytest.mark.parametrize("size", [320, 800, 960])
def test_recogniser_reads_the_canary_before_and_nothing_of_it_after_even_sharpened(size: int) -> None:
    picture, box = plate_picture()
    pixels = np.asarray(picture)
    reader = TextRecogniser()
    x1, y1, x2, y2 = box
    assert reader.read(pixels[y1:y2, x1:x2]) == CANARY
    covered = replace_areas(pixels, [plate.box for plate in PlateFinder(None).find(pixels).plates])
    scale = size / pixels.shape[1]
    variant = cv2.resize(covered, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    area = variant[round(y1 * scale) : round(y2 * scale), round(x1 * scale) : round(x2 * scale)]
    sharpened = cv2.addWeighted(area, 3.0, cv2.GaussianBlur(area, (0, 0), 2.0), -2.0, 0)
    for attempt in (area, sharpened):
        assert not set(reader.read(attempt)) & set(CANARY)
        assert int(np.ptp(attempt.reshape(-1, 3), axis=0).max()) <= 1


def test_gate_is_off_without_the_file_and_other_bytes_are_refused(tmp_path: Path) -> None:
    assert open_vehicle_detector(tmp_path / CAR_FILE) is None
    (tmp_path / CAR_FILE).write_bytes(b"another file")
    pytest.importorskip("ai_edge_litert", reason="the extra `cars` is not installed: make photo-models")
    with pytest.raises(WeightsMissingError, match="pinned"):
        open_vehicle_detector(tmp_path / CAR_FILE)


def test_text_without_a_vehicle_is_no_plate_unless_it_reads_as_one_where_the_gate_is_on() -> None:
    gated = gated_finder()
    for text, plates in (("SALE 24", 0), (CANARY, 1)):
        pixels = np.full((720, 960, 3), 230, np.uint8)
        cv2.putText(pixels, text, (300, 400), cv2.FONT_HERSHEY_SIMPLEX, 2.0, (0, 0, 0), 6)
        assert PlateFinder(None).find(pixels).plates
        found = gated.find(pixels)
        assert found.vehicle is not None
        assert len(found.plates) == plates


@pytest.mark.parametrize("style", ["two_line", "motorcycle"])
def test_lines_of_one_plate_are_covered_together(style: str) -> None:
    photo = draw_photo(Spec(plate=style, plate_width=0.12, view="rear"), 5, (1280, 960))
    x1, y1, x2, y2 = photo.plates[0].box
    middle = ((x1 + x2) / 2, (y1 + y2) / 2)
    boxes = [plate.box for plate in PlateFinder(None).find(photo.pixels).plates]
    around = [box for box in boxes if box[0] < middle[0] < box[2] and box[1] < middle[1] < box[3]]
    assert len(around) == 1
    wide, high = (
        min(around[0][at + 2], end) - max(around[0][at], start) for at, (start, end) in enumerate(((x1, x2), (y1, y2)))
    )
    assert wide * high >= 0.85 * (x2 - x1) * (y2 - y1)


def gated_finder() -> PlateFinder:
    file = Settings().models_dir / CAR_FILE
    if not file.exists():
        pytest.skip("the detector of cars was not fetched: make photo-models")
    return PlateFinder(VehicleDetector(file))


def test_plate_of_a_motorcycle_is_covered_though_the_detector_sees_no_vehicle() -> None:
    photo = draw_photo(Spec(plate="motorcycle"), 1_000, (1280, 960))
    found = gated_finder().find(photo.pixels)
    assert found.vehicle is not None
    assert found.vehicle < GATE
    x1, y1, x2, y2 = photo.plates[0].box
    (left, top, right, bottom), *others = [plate.box for plate in found.plates]
    assert not others  # the name of the shop in the picture stays
    assert left <= x1 + 4
    assert top <= y1 + 4
    assert right >= x2 - 4
    assert bottom >= y2 - 4


@pytest.mark.parametrize("kind", ["document", "scene", "placeholder"])
def test_what_shows_no_vehicle_is_left_as_it_is(kind: str) -> None:
    finder = gated_finder()
    assert [finder.find(draw_photo(Spec(kind=kind), 51_000 + seed, (1280, 960)).pixels).plates for seed in range(4)] \
        == [()] * 4  # fmt: skip
