"""Planted faults are named, and what is no fault costs nothing."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from models.photo_quality.advice import ADVICE
from models.photo_quality.judgement import Judgement
from models.photo_quality.judging import judge
from models.photo_quality.surroundings import Surroundings
from models.plates.finding import Plate, PlateFinder
from models.plates.text_detector import Pixels, TextLine
from models.plates.vehicles import Vehicle
from samples.photos.canvas import write
from samples.photos.defects import DEFECTS, compressed, exposed, moved, unfocused
from samples.photos.draw import Spec, draw_photo
from samples.photos.papers import PAPERS

pytestmark = pytest.mark.slow

READ_BY_DETECTOR = {"watermark", "contact"}
NOTHING = Surroundings(None, (), (), (), (1280, 960))


def judged(pixels: Pixels, seen: Surroundings = NOTHING) -> Judgement:
    return judge(pixels, seen)


def sized(pixels: Pixels) -> Surroundings:
    return replace(NOTHING, file_size=(pixels.shape[1], pixels.shape[0]))


@pytest.fixture(scope="module")
def photos() -> list[Pixels]:
    return [compressed(draw_photo(Spec(light="day", tilt=0.0), seed).pixels, 90) for seed in (1, 2, 4)]


@pytest.mark.parametrize("name", sorted(set(DEFECTS) - READ_BY_DETECTOR))
def test_planted_fault_is_named_and_costs_points(photos: list[Pixels], name: str) -> None:
    defect, found = DEFECTS[name], 0
    for number, pixels in enumerate(photos):
        spoilt = defect.plant(pixels, np.random.default_rng(number))
        before, after = judged(pixels), judged(spoilt, sized(spoilt))
        assert defect.code not in before.codes
        assert after.score <= before.score
        found += defect.code in after.codes
    assert found >= (2 if name in ("tilted", "collage", "banner") else 3)


def test_focus_and_motion_are_told_apart(photos: list[Pixels]) -> None:
    for pixels in photos:
        for deviation in (2.0, 4.0):
            soft = judged(compressed(unfocused(pixels, deviation), 88))
            assert ("blurred" in soft.codes, "moved" in soft.codes) == (True, False)
            assert soft.measures["blur"] > 0.75
        for angle in (0.0, 0.8, 1.57, 2.4):
            shaken = judged(compressed(moved(pixels, 15, angle), 88))
            assert ("blurred" in shaken.codes, "moved" in shaken.codes) == (False, True), angle


def test_sharp_object_before_a_plain_dark_ground_is_neither_blurred_nor_underexposed() -> None:
    """Other judges of photos are known to get these wrong: the ground decides for them."""
    pixels = np.full((960, 1280, 3), 6, np.uint8)
    pixels[380:700, 400:900] = draw_photo(Spec(light="day"), 3, (500, 320)).pixels
    found = judged(pixels)
    assert {"blurred", "moved", "underexposed", "noisy"} & set(found.codes) == set()


def test_colour_of_the_car_night_and_plain_wall_cost_at_most_five_points() -> None:
    spec = Spec(view="front", car=6, bay=4, tilt=0.0, light="day", plate="none")
    versions = [
        replace(spec, paint=(20, 20, 24)), replace(spec, paint=(238, 238, 236)), replace(spec, paint=(190, 193, 198)),
        replace(spec, light="night", paint=(190, 193, 198)), replace(spec, bay=3),
    ]  # fmt: skip
    scores = [judged(draw_photo(version, 11).pixels).score for version in versions]
    assert max(scores) - min(scores) <= 5, scores


def test_grey_pictures_and_turned_ones_score_the_same_within_three_points(photos: list[Pixels]) -> None:
    for pixels in (*photos, compressed(unfocused(photos[0], 1.4), 60)):
        grey = cv2.cvtColor(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB).astype(np.uint8)
        upside = np.ascontiguousarray(pixels[::-1, ::-1])
        flipped = np.ascontiguousarray(pixels[:, ::-1])
        scores = [judged(each).score for each in (pixels, grey, upside, flipped)]
        assert max(scores) - min(scores) <= 3, scores


@pytest.mark.parametrize("size", [(64, 64), (64, 4000), (3000, 64), (65, 97)])
@pytest.mark.parametrize("value", [0, 128, 255])
def test_pictures_of_one_value_and_of_odd_shapes_are_plain(size: tuple[int, int], value: int) -> None:
    found = judged(np.full((*size, 3), value, np.uint8))
    assert "plain" in found.codes
    assert found.scene == "plain"
    assert all(np.isfinite(number) for number in found.measures.values())


def test_worse_faults_cost_more(photos: list[Pixels]) -> None:
    scores = [judged(exposed(photos[0], -stops)).score for stops in (0.0, 2.2, 4.0)]
    assert scores[0] > scores[1] > scores[2]


def test_vehicle_decides_on_what_is_shown(photos: list[Pixels]) -> None:
    whole, far, cut = ((200, 200, 1100, 900), (600, 500, 800, 650), (0, 100, 900, 900))
    seen = [replace(NOTHING, vehicle=0.9, vehicles=(Vehicle(box, 0.9),)) for box in (whole, far, cut)]
    found = [judged(photos[0], each) for each in seen]
    assert {each.scene for each in found} == {"exterior"}
    assert "vehicle_small" in found[1].codes
    assert "vehicle_cut_off" in found[2].codes
    assert not {"vehicle_small", "vehicle_cut_off", "no_vehicle"} & set(found[0].codes)
    garden = draw_photo(Spec("scene", name="plants"), 1).pixels
    assert "no_vehicle" in judged(garden, replace(NOTHING, vehicle=0.05)).codes
    assert "no_vehicle" not in judged(garden).codes, "without the car gate nothing is said of cars"


def test_text_over_a_photo_costs_points_and_text_on_the_plate_does_not(photos: list[Pixels]) -> None:
    pixels = photos[0].copy()
    write(pixels, "STAR AUTOS LAHORE", (300, 620, 70), (255, 255, 255), 0.8)
    line = TextLine((725.0, 655.0), 836.0, 76.0, 0.0, 0.9)
    seen = replace(NOTHING, texts=(line,))
    assert "watermark" in judged(pixels, seen).codes
    assert "watermark" not in judged(pixels, replace(seen, plates=(Plate((290, 600, 1190, 710), 0.9),))).codes
    assert "contact_text" in judged(pixels, replace(seen, contact=True)).codes


@pytest.mark.parametrize("name", sorted(PAPERS))
def test_papers_are_held_back(name: str) -> None:
    sheet = draw_photo(Spec("document", name=name), 1).pixels
    found = judged(sheet, Surroundings.of(PlateFinder(None).find(sheet), (1280, 960)))
    assert (found.codes[0], found.scene, found.score) == ("document", "paper", 0)


def test_dials_with_many_numbers_are_no_paper() -> None:
    dials = draw_photo(Spec("odometer"), 1).pixels
    found = judged(dials, Surroundings.of(PlateFinder(None).find(dials), (1280, 960)))
    assert "document" not in found.codes


def test_every_deduction_has_advice_in_both_languages() -> None:
    assert {defect.code for defect in DEFECTS.values()} <= set(ADVICE)
    for advice in ADVICE.values():
        assert 0 < advice.points <= 100
        assert advice.english.isascii()
        assert advice.english.endswith(".")
        assert any("\u0600" <= letter <= "\u06ff" for letter in advice.urdu)
        assert advice.urdu.endswith("۔")
