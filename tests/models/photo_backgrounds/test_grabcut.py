"""GrabCut puts an even background behind a drawn car, and leaves alone what it cannot set apart."""

import numpy as np

from models.photo_backgrounds.grabcut import clean_background
from samples.photos.draw import Spec, draw_photo

EVEN = (236, 236, 236)


def test_background_becomes_even_and_the_car_stays() -> None:
    drawn = draw_photo(Spec(view="side", car=3, bay=5), 11, (640, 480))
    box = drawn.cars[0]
    before = drawn.pixels.copy()
    cleaned = clean_background(drawn.pixels, box)
    assert cleaned is not None
    assert np.array_equal(drawn.pixels, before)
    even = (np.abs(cleaned.astype(int) - EVEN).max(2) <= 2).astype(float)
    left, top, right, bottom = (round(side) for side in box)
    outside = np.ones(even.shape, bool)
    outside[max(0, top - 12) : bottom + 12, max(0, left - 12) : right + 12] = False
    assert even[outside].mean() > 0.99
    assert even[top:bottom, left:right].mean() < 0.6
    middle = cleaned[(top + bottom) // 2, (left + right) // 2]
    assert np.array_equal(middle, drawn.pixels[(top + bottom) // 2, (left + right) // 2])
    again = clean_background(drawn.pixels, box)
    assert again is not None
    assert np.array_equal(again, cleaned)


def test_picture_with_nothing_to_set_apart_is_left_alone() -> None:
    flat = np.full((480, 640, 3), 120, np.uint8)
    assert clean_background(flat, (100, 100, 500, 400)) is None
    assert clean_background(flat, (10, 10, 12, 12)) is None
