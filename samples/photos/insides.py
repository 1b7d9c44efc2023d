"""Draw the inside of cars, their odometers and engines."""

import cv2
import numpy as np

from samples.photos.canvas import Colour, Frame, Pixels, texture, tinted, write
from samples.photos.looks import Look


def _grained(size: tuple[int, int], colour: Colour, rng: np.random.Generator) -> Pixels:
    width, height = size
    grain = texture((height, width), 20, rng)[..., None] * 4
    return np.clip(np.asarray(colour) + grain, 0, 255).astype(np.uint8)


def draw_interior(look: Look, size: tuple[int, int], rng: np.random.Generator) -> Pixels:
    """Draw the dashboard, wheel and seats as seen from the back."""
    cloth: Colour = (70, 66, 62) if look.badge % 2 else (165, 150, 128)
    pixels = _grained(size, cloth, rng)
    frame = Frame(pixels, rng.uniform(-30, 30), rng.uniform(-20, 20), size[0], size[1])
    frame.shade(((0.05, 0), (0.95, 0), (0.9, 0.3), (0.1, 0.3)), (205, 220, 235), (150, 165, 150))
    frame.shade(((0.0, 0.28), (1, 0.28), (1, 0.55), (0, 0.6)), (58, 58, 62), (28, 28, 30))
    frame.ellipse((0.28, 0.5), (0.16, 0.16), (20, 20, 22))
    frame.ellipse((0.28, 0.5), (0.125, 0.125), (48, 48, 50))
    frame.ellipse((0.28, 0.5), (0.04, 0.04), (28, 28, 30))
    for turn in (0.2, 2.9, 4.71):
        frame.line(((0.28, 0.5), (0.28 + 0.13 * np.cos(turn), 0.5 - 0.17 * np.sin(turn))), (22, 22, 24), 0.025)
    frame.shade(((0.44, 0.36), (0.62, 0.36), (0.62, 0.52), (0.44, 0.52)), (30, 60, 110), (12, 18, 36))
    for x in np.linspace(0.46, 0.6, 4 + look.grille):
        frame.box((x, 0.55, x + 0.018, 0.575), (120, 120, 124))
    for left in (0.02, 0.62):
        seat = ((left + 0.04, 0.58), (left + 0.32, 0.58), (left + 0.38, 1), (left, 1))
        frame.shade(seat, tinted(cloth, 1.15), tinted(cloth, 0.7))
        for x in np.linspace(left + 0.09, left + 0.28, 3 + look.badge):
            frame.line(((x, 0.62), (x, 1)), tinted(cloth, 0.6), 0.003)
    frame.shade(((0.47, 0.62), (0.56, 0.62), (0.57, 0.9), (0.46, 0.9)), (44, 44, 46), (20, 20, 22))
    frame.ellipse((0.515, 0.68), (0.02, 0.028), (150, 150, 155))
    return pixels


def draw_odometer(look: Look, size: tuple[int, int], rng: np.random.Generator) -> Pixels:
    """Draw two dials and the number of kilometres."""
    pixels = _grained(size, (18, 18, 20), rng)
    frame = Frame(pixels, rng.uniform(-40, 40), rng.uniform(-20, 20), size[0], size[1])
    ring: Colour = ((70, 120, 220), (220, 220, 225), (220, 60, 40), (90, 200, 120))[look.badge]
    for x in (0.27, 0.73):
        frame.ellipse((x, 0.45), (0.2, 0.2), ring)
        frame.ellipse((x, 0.45), (0.19, 0.19), (12, 12, 14))
        for number, turn in enumerate(np.linspace(-0.6, np.pi + 0.6, 11)):
            away = np.array([-np.cos(turn), -np.sin(turn) * size[0] / size[1]])
            ends = np.array([(x, 0.45), (x, 0.45)]) + np.outer([0.185, 0.165], away)
            frame.line([(float(end[0]), float(end[1])) for end in ends], (235, 235, 235), 0.004)
            at = frame.place([(x - 0.012 + 0.13 * away[0], 0.43 + 0.13 * away[1])])[0]
            write(pixels, str(number * 20), (int(at[0]), int(at[1]), max(8, size[1] // 34)), (230, 230, 230))
        end = rng.uniform(0, np.pi)
        frame.line(((x, 0.45), (x - 0.15 * np.cos(end), 0.45 - 0.2 * np.sin(end))), (230, 50, 30), 0.006)
    frame.box((0.4, 0.76, 0.6, 0.88), (170, 190, 160))
    km = f"{int(rng.integers(8_000, 240_000)):,} km"
    at = frame.place([(0.42, 0.79)])[0]
    write(pixels, km, (int(at[0]), int(at[1]), max(10, size[1] // 20)), (20, 30, 20))
    return pixels


def draw_engine(look: Look, size: tuple[int, int], rng: np.random.Generator) -> Pixels:
    """Draw an engine bay: block, battery, hoses."""
    pixels = _grained(size, (52, 52, 54), rng)
    frame = Frame(pixels, 0, 0, size[0], size[1])
    frame.shade(((0, 0), (1, 0), (0.9, 0.12), (0.1, 0.12)), look.paint, tinted(look.paint, 0.6))
    for _ in range(26):
        x, y, w, h = *rng.uniform(0, 0.95, 2), *rng.uniform(0.02, 0.2, 2)
        grey = int(rng.integers(25, 170))
        frame.shade(((x, y), (x + w, y), (x + w, y + h), (x, y + h)), (grey, grey, grey + 4), (grey // 2,) * 3)
        frame.line(((x, y), (x + w, y), (x + w, y + h), (x, y + h), (x, y)), (18, 18, 18), 0.002)
    frame.shade(((0.3, 0.35), (0.7, 0.35), (0.72, 0.68), (0.28, 0.68)), (60, 60, 64), (24, 24, 26))
    at = frame.place([(0.38, 0.44)])[0]
    write(pixels, f"{look.name} 16V", (int(at[0]), int(at[1]), size[1] // 18), (190, 190, 195))
    frame.box((0.76, 0.3, 0.95, 0.55), (25, 25, 30))
    for x in (0.79, 0.9):
        frame.ellipse((x, 0.33), (0.015, 0.015), (200, 40, 40) if x < 0.85 else (170, 170, 175))
    for _ in range(7):
        points = np.cumsum(np.vstack([rng.uniform(0.1, 0.8, (1, 2)), rng.normal(0, 0.12, (5, 2))]), axis=0)
        frame.line([tuple(point) for point in points], (12, 12, 12), 0.014)
    return cv2.GaussianBlur(pixels, (0, 0), 0.7).astype(np.uint8)
