"""Draw what is no photo of a car: scenes, and the placeholders, logos and brochure pictures that dealers upload."""

from collections.abc import Callable
from typing import Final

import cv2
import numpy as np

from samples.photos.bays import draw_bay
from samples.photos.canvas import Colour, Frame, Pixels, blend, texture, tinted, write
from samples.photos.cars import draw_side
from samples.photos.looks import LENGTHS, look_of

Size = tuple[int, int]
Drawer = Callable[[Size, np.random.Generator], Pixels]


def _plain(size: Size, colour: Colour) -> Pixels:
    return np.full((size[1], size[0], 3), colour, np.uint8)


def _street(size: Size, rng: np.random.Generator) -> Pixels:
    return draw_bay(int(rng.integers(0, 10_000)) * 5 + 2, size)[0]


def _room(size: Size, rng: np.random.Generator) -> Pixels:
    pixels = draw_bay(int(rng.integers(0, 10_000)) * 5, size)[0]
    frame = Frame(pixels, 0, 0, *size)
    for _ in range(6):
        x, y, w, h = rng.uniform(0, 0.8), rng.uniform(0.45, 0.7), rng.uniform(0.08, 0.3), rng.uniform(0.1, 0.3)
        colour: Colour = (int(rng.integers(40, 220)), int(rng.integers(40, 200)), int(rng.integers(40, 180)))
        frame.shade(((x, y), (x + w, y), (x + w, y + h), (x, y + h)), colour, tinted(colour, 0.6))
    return pixels


def _plants(size: Size, rng: np.random.Generator) -> Pixels:
    base = np.asarray((60, 100, 50)) * rng.uniform(0.6, 1.4)
    rough = texture((size[1], size[0]), 26, rng)[..., None] * 26
    pixels = np.clip(base + rough, 0, 255).astype(np.uint8)
    frame = Frame(pixels, 0, 0, *size)
    for _ in range(40):
        x, y, r = *rng.uniform(0, 1, 2), rng.uniform(0.01, 0.05)
        petal: Colour = (int(rng.integers(120, 255)), int(rng.integers(40, 220)), int(rng.integers(40, 220)))
        frame.ellipse((x, y), (r, r * rng.uniform(0.4, 1)), petal)
    return pixels


def _person(size: Size, rng: np.random.Generator) -> Pixels:
    pixels = draw_bay(int(rng.integers(0, 10_000)), size)[0]
    frame = Frame(pixels, size[0] * rng.uniform(0.2, 0.5), size[1] * 0.12, size[1] * 0.35, size[1] * 0.88)
    shirt: Colour = (int(rng.integers(30, 230)), int(rng.integers(30, 230)), int(rng.integers(30, 230)))
    frame.shade(((0.2, 0.3), (0.8, 0.3), (0.95, 0.95), (0.05, 0.95)), shirt, tinted(shirt, 0.6))
    frame.ellipse((0.5, 0.17), (0.2, 0.3), (188, 146, 116))
    frame.ellipse((0.5, 0.06), (0.21, 0.14), (25, 20, 18))
    return pixels


def _shop_text(size: Size, rng: np.random.Generator) -> Pixels:
    """Draw a page of numbers without a vehicle, which a text detector would take for plates."""
    pixels = _plain(size, (240, 236, 226))
    for row in range(9):
        words = " ".join(f"{rng.integers(100, 9999)}" for _ in range(3))
        write(pixels, words, (size[0] // 12, size[1] * (row + 1) // 11, size[1] // 18), (60, 40, 40))
    return pixels


def _no_photo(size: Size, rng: np.random.Generator) -> Pixels:
    grey = 222 + int(rng.integers(0, 12))
    pixels = _plain(size, (grey, grey + 2, grey + 5))
    frame = Frame(pixels, size[0] * 0.32, size[1] * 0.25, size[0] * 0.36, size[1] * 0.3)
    frame.box((0, 0.2, 1, 1), (170, 174, 180))
    frame.box((0.36, 0.05, 0.64, 0.25), (170, 174, 180))
    frame.ellipse((0.5, 0.6), (0.2, 0.2), (grey, grey + 2, grey + 5))
    write(pixels, "PHOTO COMING SOON", (size[0] // 5, size[1] * 2 // 3, size[1] // 14), (120, 124, 130))
    return pixels


def _logo(size: Size, rng: np.random.Generator) -> Pixels:
    ground: Colour = (int(rng.integers(0, 80)), int(rng.integers(0, 80)), int(rng.integers(60, 160)))
    pixels = _plain(size, ground)
    frame = Frame(pixels, size[0] * 0.35, size[1] * 0.15, size[0] * 0.3, size[1] * 0.45)
    frame.ellipse((0.5, 0.5), (0.45, 0.45), (235, 200, 60))
    frame.polygon(((0.2, 0.7), (0.5, 0.15), (0.8, 0.7)), ground)
    name = str(rng.choice(("AL-NOOR MOTORS", "CITY CARS", "PRIME WHEELS", "STAR AUTOS")))
    write(pixels, name, (size[0] // 6, size[1] * 3 // 4, size[1] // 10), (240, 240, 240))
    return pixels


def _brochure(size: Size, rng: np.random.Generator) -> Pixels:
    """Draw the maker's own picture of a model, which many dealers upload."""
    pixels = _plain(size, (250, 250, 250))
    Frame(pixels, 0, 0, *size).shade(((0, 0.55), (1, 0.55), (1, 1), (0, 1)), (232, 232, 235), (250, 250, 250))
    look = look_of(int(rng.integers(0, 12)) + 900_000)
    width = size[0] * 0.72
    draw_side(Frame(pixels, size[0] * 0.14, size[1] * 0.36, width, width * LENGTHS[look.body]), look)
    write(pixels, look.name, (size[0] // 16, size[1] // 12, size[1] // 13), (40, 40, 44))
    return pixels


def _flat(size: Size, rng: np.random.Generator) -> Pixels:
    grey = int(rng.choice((0, 128, 255, 60, 210)))
    return _plain(size, (grey, grey, grey))


def _run(size: Size, rng: np.random.Generator) -> Pixels:
    """Draw a run of one colour into another, as a wall close to the camera gives."""
    pixels = _plain(size, (0, 0, 0))
    top, bottom = rng.integers(20, 235, 3), rng.integers(20, 235, 3)
    down = np.linspace(0, 1, size[1])[:, None, None]
    blend(pixels, top * (1 - down) + bottom * down, np.ones((size[1], size[0])))
    return cv2.GaussianBlur(pixels, (0, 0), 2).astype(np.uint8)


SCENES: Final[dict[str, Drawer]] = {
    "street": _street, "room": _room, "plants": _plants, "person": _person, "shop_text": _shop_text,
}  # fmt: skip
PLACEHOLDERS: Final[dict[str, Drawer]] = {
    "no_photo": _no_photo, "logo": _logo, "brochure": _brochure, "flat": _flat, "run": _run,
}  # fmt: skip
