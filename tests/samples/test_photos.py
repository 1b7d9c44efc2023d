"""Drawn photos are repeatable, and what they say is on them is where they say."""

import numpy as np
import pytest

from samples.photos.draw import KINDS, DrawnPhoto, Spec, draw_photo, listing_photos
from samples.photos.others import PLACEHOLDERS, SCENES
from samples.photos.papers import PAPERS

pytestmark = pytest.mark.slow

SMALL = (640, 480)


def crop(photo: DrawnPhoto, box: tuple[float, float, float, float]) -> np.ndarray:
    x1, y1, x2, y2 = (round(each) for each in box)
    return photo.pixels[y1:y2, x1:x2].astype(float)


@pytest.mark.parametrize("kind", KINDS)
def test_same_description_and_seed_give_the_same_bytes(kind: str) -> None:
    first, again, other = (draw_photo(Spec(kind), seed, SMALL).pixels for seed in (3, 3, 4))
    assert first.shape == (480, 640, 3)
    assert first.dtype == np.uint8
    assert np.array_equal(first, again)
    if kind != "placeholder":
        assert not np.array_equal(first, other)


@pytest.mark.parametrize(
    ("kind", "name"),
    [("document", name) for name in PAPERS]
    + [("scene", name) for name in SCENES]
    + [("placeholder", name) for name in PLACEHOLDERS],
)
def test_pictures_without_a_car_have_neither_cars_nor_plates(kind: str, name: str) -> None:
    photo = draw_photo(Spec(kind, name=name), 1, SMALL)
    assert (photo.kind, photo.name, photo.cars, photo.plates) == (kind, name, (), ())


@pytest.mark.parametrize("style", ["one_line", "two_line", "motorcycle"])
@pytest.mark.parametrize("width", [0.03, 0.1, 0.3, 0.6])
def test_plate_has_the_width_that_was_asked_for_and_is_on_the_picture(style: str, width: float) -> None:
    for seed in range(3):
        photo = draw_photo(Spec(view="rear", plate=style, plate_width=width, tilt=0.0), seed)
        (plate,) = photo.plates
        x1, y1, x2, y2 = plate.box
        assert (x2 - x1) / 1280 == pytest.approx(width, rel=0.08)
        assert x1 >= 0
        assert y1 >= 0
        assert x2 <= 1280
        assert y2 <= 960
        assert plate.visible > 0.97
        assert plate.text.startswith("QX")


@pytest.mark.parametrize("tilt", [0.0, 8.0])
def test_box_of_a_plate_is_where_its_pixels_are(tilt: float) -> None:
    """The same scene without a plate differs inside the plate's box, and nowhere else."""
    for seed in range(4):
        spec = {"view": "front", "light": "day", "tilt": tilt, "bay": 4, "car": seed, "plate_width": 0.2}
        shown = draw_photo(Spec(plate="one_line", **spec), seed)
        inside, outside = _differences(shown, draw_photo(Spec(plate="one_line", **{**spec, "hidden": 1.0}), seed))
        assert inside > 15
        assert outside < 0.5


def _differences(shown: DrawnPhoto, covered: DrawnPhoto) -> tuple[float, float]:
    difference = np.abs(shown.pixels.astype(float) - covered.pixels).mean(axis=2)
    x1, y1, x2, y2 = (round(each) for each in shown.plates[0].box)
    around = np.ones(difference.shape, dtype=bool)
    around[max(y1 - 12, 0) : y2 + 12, max(x1 - 12, 0) : x2 + 12] = False
    return float(difference[y1:y2, x1:x2].mean()), float(difference[around].mean())


def test_covered_share_of_a_plate_is_told() -> None:
    photo = draw_photo(Spec(view="front", plate="one_line", plate_width=0.2, hidden=0.4, tilt=0.0), 2)
    assert photo.plates[0].visible == pytest.approx(0.6)


def test_second_car_has_a_box_and_a_plate_of_its_own() -> None:
    photo = draw_photo(Spec(view="front", plate="one_line", second_car=True), 2)
    assert len(photo.cars) == 2
    assert len({plate.text for plate in photo.plates}) == len(photo.plates) == 2


def test_other_car_in_the_same_bay_keeps_the_place_and_changes_the_car() -> None:
    spec = {"view": "side", "bay": 5, "light": "showroom", "tilt": 0.0}
    one, two = (draw_photo(Spec(car=car, **spec), 9, SMALL) for car in (1, 2))
    assert one.look != two.look
    top = (0.0, 0.0, 640.0, 100.0)
    assert np.abs(crop(one, top) - crop(two, top)).mean() < 2
    assert np.abs(crop(one, one.cars[0]) - crop(two, one.cars[0])).mean() > 8


def test_listing_has_its_car_from_all_sides_and_from_within_with_one_plate() -> None:
    photos = listing_photos(car=7, bay=3, size=SMALL)
    assert [photo.name for photo in photos[:3]] == ["front", "side", "rear"]
    assert {"interior", "odometer", "engine"} < {photo.name for photo in photos}
    assert len({photo.look for photo in photos}) == 1
    assert len({plate.text for photo in photos for plate in photo.plates}) == 1
