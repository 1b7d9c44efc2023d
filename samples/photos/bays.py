"""Draw the places where cars are photographed; the same number is the same place, down to the stains on its floor."""

from typing import Final

import cv2
import numpy as np

from samples.photos.canvas import Colour, Frame, Pixels, blend, texture, tinted, write

KINDS: Final = ("showroom", "yard", "street", "wall", "garden")
_NAMES: Final = ("AL-NOOR MOTORS", "CITY CARS", "STAR AUTOS", "UNIVERSAL", "PRIME WHEELS", "GT AUTOS", "MADINA MOTORS")


def bay_kind(bay: int) -> str:
    """Name the kind of a place."""
    return KINDS[bay % len(KINDS)]


def draw_bay(bay: int, size: tuple[int, int]) -> tuple[Pixels, float]:
    """Draw a place; return its pixels and the line, as a share of the height, where its ground begins."""
    rng = np.random.default_rng([bay, 77])
    width, height = size
    pixels = np.zeros((height, width, 3), np.uint8)
    horizon = float(rng.uniform(0.42, 0.58))
    floor = round(height * horizon)
    kind = bay_kind(bay)
    {"showroom": _wall, "yard": _bricks, "street": _street, "wall": _wall, "garden": _garden}[kind](pixels[:floor], rng)
    _ground(pixels[floor:], rng, tiled=kind in ("showroom", "street"))
    if kind in ("showroom", "yard", "street"):
        _sign(pixels, floor, rng)
    if kind == "yard":
        _things(pixels, floor, rng)
    return pixels, horizon


def _rough(area: Pixels, colour: Colour, grain: int, strength: float, rng: np.random.Generator) -> None:
    area[:] = np.clip(np.asarray(colour) + texture(area.shape[:2], grain, rng)[..., None] * strength, 0, 255)


def _wall(area: Pixels, rng: np.random.Generator) -> None:
    shade = int(rng.integers(130, 225))
    tone = rng.integers(-18, 18, 3)
    red, green, blue = (int(v) for v in np.clip(shade + tone, 0, 255))
    _rough(area, (red, green, blue), 60, 5, rng)
    frame = Frame(area, 0, 0, area.shape[1], area.shape[0])
    for _ in range(int(rng.integers(2, 6))):
        x, y = rng.uniform(0, 0.9), rng.uniform(0, 0.6)
        wide, high = rng.uniform(0.05, 0.2), rng.uniform(0.15, 0.5)
        base: Colour = (int(rng.integers(40, 230)), int(rng.integers(40, 230)), int(rng.integers(40, 230)))
        frame.box((x - 0.006, y - 0.012, x + wide + 0.006, y + high + 0.012), tinted(base, 0.5))
        frame.shade(((x, y), (x + wide, y), (x + wide, y + high), (x, y + high)), base, tinted(base, 0.7))
    for x in rng.uniform(0, 1, 3):
        frame.line(((x, 0), (x + rng.normal(0, 0.02), 1)), tinted((red, green, blue), 0.8), 0.003)


def _bricks(area: Pixels, rng: np.random.Generator) -> None:
    height, width = area.shape[:2]
    _rough(area, (150, 140, 130), 40, 8, rng)
    brick_h = max(6, height // int(rng.integers(14, 22)))
    brick_w = brick_h * 3
    base = rng.integers((120, 60, 45), (190, 110, 95))
    for row, top in enumerate(range(0, height, brick_h)):
        for left in range(-brick_w * (row % 2) // 2, width, brick_w):
            colour = np.clip(base + rng.normal(0, 14), 0, 255)
            area[top + 1 : top + brick_h - 1, max(left + 1, 0) : left + brick_w - 1] = colour
    area[:] = np.clip(area + texture((height, width), 24, rng)[..., None] * 5, 0, 255)


def _street(area: Pixels, rng: np.random.Generator) -> None:
    height, width = area.shape[:2]
    frame = Frame(area, 0, 0, width, height)
    blue = float(rng.uniform(0.75, 1.0))
    frame.box((0, 0, 1, 1), (200, 215, 235))
    frame.shade(((0, 0), (1, 0), (1, 1), (0, 1)), tinted((140, 180, 230), blue), (225, 230, 235))
    left = -0.05
    while left < 1:
        wide, top = rng.uniform(0.08, 0.22), rng.uniform(0.05, 0.6)
        colour: Colour = (int(rng.integers(120, 220)), int(rng.integers(115, 205)), int(rng.integers(100, 190)))
        frame.box((left, top, left + wide, 1), colour)
        for y in np.arange(top + 0.05, 0.9, 0.14):
            for x in np.arange(left + 0.015, left + wide - 0.02, 0.04):
                frame.box((x, y, x + 0.022, y + 0.07), tinted(colour, rng.uniform(0.25, 0.7)))
        left += wide
    for x in rng.uniform(0, 1, 2):
        frame.box((x, 0.05, x + 0.007, 1), (70, 66, 60))
    for y in rng.uniform(0.02, 0.3, 3):
        frame.line(((0, y), (0.5, y + 0.04), (1, y)), (60, 60, 60), 0.0015)
    _leaves(area, rng, int(rng.integers(1, 4)))


def _garden(area: Pixels, rng: np.random.Generator) -> None:
    _rough(area, (70, 105, 55), 18, 22, rng)
    area[: area.shape[0] // 3] = np.clip(area[: area.shape[0] // 3] * 0.4 + np.array([130, 140, 150]), 0, 255)
    _leaves(area, rng, 7)


def _leaves(area: Pixels, rng: np.random.Generator, count: int) -> None:
    height, width = area.shape[:2]
    for _ in range(count):
        mask = np.zeros((height, width), np.float32)
        x, y, r = rng.uniform(0, width), rng.uniform(0.2, 0.9) * height, rng.uniform(0.15, 0.4) * height
        cv2.circle(mask, (int(x), int(y)), int(r), 1.0, -1)
        leafy = texture((height, width), 14, rng)
        green = np.array([45, 85, 35]) * rng.uniform(0.7, 1.3)
        blend(area, green + leafy[..., None] * 18, mask * (leafy > -0.4))


def _ground(area: Pixels, rng: np.random.Generator, *, tiled: bool) -> None:
    height, width = area.shape[:2]
    grey = int(rng.integers(80, 170))
    _rough(area, (grey, grey - 4, grey - 10), 30, 9 if not tiled else 4, rng)
    frame = Frame(area, 0, 0, width, height)
    if tiled:
        joint = tinted((grey, grey, grey), 0.75)
        for y in (np.arange(1, 9) / 9.0) ** 1.7:
            frame.line(((0, y), (1, y)), joint, 0.002)
        for x in np.linspace(-1.5, 2.5, 24):
            frame.line(((0.5 + (x - 0.5) * 0.45, 0), (x, 1)), joint, 0.002)
    for _ in range(int(rng.integers(3, 9))):  # stains
        x, y, r = rng.uniform(0, 1), rng.uniform(0.1, 1), rng.uniform(0.01, 0.05)
        frame.ellipse((x, y), (r, r * 0.35), tinted((grey, grey, grey), rng.uniform(0.6, 0.9)))


def _sign(pixels: Pixels, floor: int, rng: np.random.Generator) -> None:
    width = pixels.shape[1]
    high = max(10, round(floor * rng.uniform(0.08, 0.14)))
    left, top = round(width * rng.uniform(0.02, 0.5)), round(floor * rng.uniform(0.02, 0.25))
    ground: Colour = (int(rng.integers(0, 160)), int(rng.integers(0, 110)), int(rng.integers(20, 170)))
    name = str(rng.choice(_NAMES))
    cv2.rectangle(pixels, (left, top), (left + round(high * len(name) * 0.72), top + high * 2), ground, -1)
    write(pixels, name, (left + high // 2, top + high // 2, high), (250, 240, 210))


def _things(pixels: Pixels, floor: int, rng: np.random.Generator) -> None:
    """Put drums and crates at the wall."""
    width = pixels.shape[1]
    for _ in range(int(rng.integers(2, 5))):
        wide = width * rng.uniform(0.04, 0.09)
        frame = Frame(pixels, rng.uniform(0, width - wide), floor - wide * 1.2, wide, wide * 1.4)
        colour: Colour = (int(rng.integers(20, 200)), int(rng.integers(20, 160)), int(rng.integers(20, 200)))
        frame.shade(((0, 0), (1, 0), (1, 1), (0, 1)), colour, tinted(colour, 0.6))
        for y in (0.1, 0.5, 0.9):
            frame.line(((0, y), (1, y)), tinted(colour, 0.5), 0.03)
