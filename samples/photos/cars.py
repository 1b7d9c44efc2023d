"""Draw cars from before, from behind and from the side, and motorcycles from behind."""

from typing import Final

import numpy as np

from samples.photos.canvas import Colour, Frame, tinted
from samples.photos.looks import Look

PLATE_PLACES: Final = {"front": (0.5, 0.8), "rear": (0.5, 0.66), "motorcycle": (0.5, 0.56)}
PLATE_WIDTHS: Final = {"one_line": 0.29, "two_line": 0.19, "motorcycle": 0.3}
"""Width of a plate, as a share of the width of the vehicle's side that carries it."""
GLASS: Final[Colour] = (42, 50, 58)
TYRE: Final[Colour] = (22, 22, 24)


def draw_front(frame: Frame, look: Look) -> None:
    """Draw a car from before."""
    _body(frame, look)
    _windscreen(frame, look, 0.42)
    paint = look.paint
    frame.shade(((0.13, 0.44), (0.87, 0.44), (0.95, 0.57), (0.05, 0.57)), tinted(paint, 1.12), tinted(paint, 0.92))
    for x in (0.3, 0.7):
        frame.line(((x, 0.45), (x + (x - 0.5) * 0.35, 0.56)), tinted(paint, 0.75))
    _grille(frame, look)
    _headlamps(frame, look)
    low = 0.72 + 0.03 * look.bumper
    frame.shade(((0.12, low), (0.88, low), (0.84, 0.9), (0.16, 0.9)), tinted(paint, 0.55), (25, 25, 27))
    for x in (0.14, 0.86):
        frame.ellipse((x, 0.8), (0.035, 0.03), (205, 210, 205))
        frame.ellipse((x, 0.8), (0.02, 0.018), (250, 248, 230))
    _mirrors(frame, look)
    _marks(frame, look)


def draw_rear(frame: Frame, look: Look) -> None:
    """Draw a car from behind."""
    _body(frame, look)
    _windscreen(frame, look, 0.38)
    paint = look.paint
    frame.shade(((0.1, 0.4), (0.9, 0.4), (0.92, 0.72), (0.08, 0.72)), tinted(paint, 1.05), tinted(paint, 0.85))
    frame.line(((0.13, 0.42), (0.11, 0.7), (0.89, 0.7), (0.87, 0.42)), tinted(paint, 0.6))
    drop = 0.08 + 0.1 * look.lamp
    for side in (1, -1):
        places = ((0.06, 0.43), (0.24 - 0.06 * look.bumper, 0.45), (0.22, 0.45 + drop), (0.05, 0.5 + drop))
        lamp = [(x if side > 0 else 1 - x, y) for x, y in places]
        frame.shade(lamp, (200, 25, 25), (120, 8, 12))
        x = 0.12 if side > 0 else 0.88
        frame.ellipse((x, 0.47 + drop / 2), (0.022, 0.022), (245, 170, 60) if look.badge % 2 else (240, 240, 240))
    _badge(frame, look, 0.47)
    frame.line(((0.3, 0.56), (0.7, 0.56)), (210, 210, 212), 0.006)
    bumper = 0.76
    frame.shade(((0.04, bumper), (0.96, bumper), (0.92, 0.92), (0.08, 0.92)), tinted(paint, 0.8), tinted(paint, 0.45))
    for x in (0.16, 0.84):
        frame.box((x - 0.05, 0.83, x + 0.05, 0.85), (190, 20, 20))
    frame.ellipse((0.75, 0.92), (0.03, 0.02), (60, 60, 60))
    _mirrors(frame, look)
    _marks(frame, look)


def draw_side(frame: Frame, look: Look) -> None:
    """Draw a car from its side, facing left."""
    paint = look.paint
    frame.ellipse((0.5, 0.97), (0.52, 0.025), (38, 38, 40))
    roof, tail = 0.05 + 0.06 * look.roof, {"sedan": 0.78, "pickup": 0.55}.get(look.body, 0.9)
    profile = ((0.0, 0.62), (0.03, 0.5), (0.22, 0.43), (0.34, roof + 0.03), (0.42, roof), (tail - 0.12, roof),
               (tail, 0.4), (0.97, 0.44), (1.0, 0.62), (0.99, 0.82), (0.01, 0.84))  # fmt: skip
    frame.shade(profile, tinted(paint, 1.15), tinted(paint, 0.6))
    split = 0.53
    for left, right, slant in ((0.29, split - 0.01, 0.08), (split + 0.01, tail - 0.06, -0.05)):
        top_left, top_right = left + max(slant, 0), right + min(slant, 0)
        pane = ((left, 0.42), (top_left, roof + 0.06), (top_right, roof + 0.06), (right, 0.42))
        frame.shade(pane, (95, 110, 120), GLASS)
    for x in (0.28, split, tail - 0.05):
        frame.line(((x, 0.43), (x + 0.005, 0.82)), tinted(paint, 0.55), 0.003)
    for x in (split - 0.08, tail - 0.14):
        frame.box((x, 0.5, x + 0.05, 0.52), tinted(paint, 0.5))
    frame.line(((0.03, 0.55), (0.98, 0.53)), tinted(paint, 0.72), 0.003)
    frame.shade(((0.005, 0.52), (0.07, 0.5), (0.08, 0.58), (0.005, 0.6)), (245, 245, 235), (180, 185, 180))
    frame.shade(((0.93, 0.48), (0.99, 0.5), (0.99, 0.6), (0.94, 0.58)), (200, 25, 25), (120, 8, 12))
    for x in (0.19, 0.8):
        _wheel(frame, look, x)
    _marks(frame, look)


def draw_motorcycle(frame: Frame, look: Look) -> None:
    """Draw a motorcycle from behind."""
    frame.ellipse((0.5, 0.98), (0.4, 0.03), (40, 40, 42))
    frame.shade(((0.42, 0.5), (0.58, 0.5), (0.6, 0.98), (0.4, 0.98)), (40, 40, 42), (15, 15, 16))
    frame.line(((0.05, 0.24), (0.3, 0.2), (0.7, 0.2), (0.95, 0.24)), (160, 162, 165), 0.03)
    for x in (0.05, 0.95):
        frame.ellipse((x, 0.14), (0.09, 0.06), (30, 32, 36))
        frame.ellipse((x, 0.32), (0.06, 0.05), (240, 150, 40))
    frame.shade(((0.3, 0.24), (0.7, 0.24), (0.64, 0.4), (0.36, 0.4)), (35, 35, 36), (12, 12, 12))
    frame.shade(((0.33, 0.36), (0.67, 0.36), (0.62, 0.47), (0.38, 0.47)), look.paint, tinted(look.paint, 0.6))
    frame.shade(((0.42, 0.38), (0.58, 0.38), (0.56, 0.44), (0.44, 0.44)), (220, 30, 30), (130, 10, 10))
    frame.line(((0.66, 0.6), (0.8, 0.9)), (185, 188, 190), 0.06)
    _marks(frame, look)


def _body(frame: Frame, look: Look) -> None:
    frame.ellipse((0.5, 0.975), (0.54, 0.035), (38, 38, 40))
    for x in (0.06, 0.78):
        frame.shade(((x, 0.7), (x + 0.16, 0.7), (x + 0.16, 0.985), (x, 0.985)), TYRE, (10, 10, 11))
    paint, roof = look.paint, 0.02 + 0.04 * look.roof
    inset = 0.2 if look.body in ("sedan", "hatchback") else 0.13
    cabin = ((inset, roof + 0.03), (inset + 0.06, roof), (0.94 - inset, roof), (1 - inset, roof + 0.03),
             (0.9, 0.46), (0.1, 0.46))  # fmt: skip
    frame.shade(cabin, tinted(paint, 1.15), tinted(paint, 0.85))
    shell = ((0.1, 0.42), (0.9, 0.42), (0.985, 0.56), (1.0, 0.74), (0.96, 0.92), (0.04, 0.92), (0.0, 0.74),
             (0.015, 0.56))  # fmt: skip
    frame.shade(shell, tinted(paint, 1.05), tinted(paint, 0.6))


def _windscreen(frame: Frame, look: Look, bottom: float) -> None:
    inset = 0.24 if look.body in ("sedan", "hatchback") else 0.17
    roof = 0.08 + 0.04 * look.roof
    pane = ((inset, roof), (1 - inset, roof), (0.86, bottom), (0.14, bottom))
    frame.shade(pane, (90, 105, 118), GLASS)
    rng = np.random.default_rng([look.seed, 3])
    for x in rng.uniform(0.3, 0.65, 2):  # what the glass reflects
        lit = int(rng.integers(85, 140))
        frame.polygon(((x, roof + 0.02), (x + 0.06, roof + 0.02), (x + 0.01, bottom - 0.02), (x - 0.07, bottom - 0.02)),
                      (lit, lit + 8, lit + 14))  # fmt: skip
    frame.line(((0.2, bottom), (0.48, bottom - 0.03)), (12, 12, 12), 0.006)
    frame.line(((0.5, bottom), (0.78, bottom - 0.03)), (12, 12, 12), 0.006)
    if look.badge > 1:
        frame.box((0.27, roof + 0.05, 0.33, roof + 0.1), (230, 210, 90))


def _grille(frame: Frame, look: Look) -> None:
    top, bottom, wide = 0.58, 0.7, 0.16 + 0.05 * look.bumper
    edge = ((0.5 - wide, top), (0.5 + wide, top), (0.5 + wide * 0.85, bottom), (0.5 - wide * 0.85, bottom))
    frame.shade(edge, (60, 62, 66), (14, 14, 15))
    lines = {0: 3, 1: 5, 2: 2, 3: 0}[look.grille]
    for y in np.linspace(top + 0.02, bottom - 0.02, max(lines, 1)):
        frame.line(((0.5 - wide * 0.9, y), (0.5 + wide * 0.9, y)), (185, 188, 192), 0.006)
    if look.grille == 3:
        for x in np.linspace(0.5 - wide * 0.8, 0.5 + wide * 0.8, 9):
            frame.line(((x, top + 0.01), (x, bottom - 0.01)), (150, 152, 156), 0.005)
    _badge(frame, look, 0.625)


def _badge(frame: Frame, look: Look, y: float) -> None:
    metal: Colour = (215, 218, 222)
    shapes = {0: ((0.46, y), (0.5, y - 0.035), (0.54, y), (0.5, y + 0.035)),
              1: ((0.465, y - 0.025), (0.535, y - 0.025), (0.52, y + 0.025), (0.48, y + 0.025)),
              2: ((0.47, y - 0.03), (0.53, y), (0.47, y + 0.03))}  # fmt: skip
    if look.badge in shapes:
        frame.polygon(shapes[look.badge], metal)
    else:
        frame.ellipse((0.5, y), (0.04, 0.028), metal)
        frame.ellipse((0.5, y), (0.026, 0.016), tinted(look.paint, 0.7))


def _headlamps(frame: Frame, look: Look) -> None:
    tall, inner = 0.05 + 0.06 * look.lamp, 0.26 + 0.05 * look.bumper
    for side in (1, -1):
        shape = ((0.04, 0.57), (inner, 0.59), (inner - 0.03, 0.59 + tall), (0.05, 0.61 + tall))
        frame.shade([(x if side > 0 else 1 - x, y) for x, y in shape], (240, 242, 240), (150, 156, 160))
        for x in (0.1, 0.18):
            frame.ellipse((x if side > 0 else 1 - x, 0.595 + tall / 2), (0.026, 0.026), (95, 100, 105))
            frame.ellipse((x if side > 0 else 1 - x, 0.595 + tall / 2), (0.014, 0.014), (252, 252, 245))


def _mirrors(frame: Frame, look: Look) -> None:
    for x in (0.045, 0.955):
        frame.ellipse((x, 0.4), (0.045, 0.032), tinted(look.paint, 0.85))


def _wheel(frame: Frame, look: Look, x: float) -> None:
    high = frame.width / frame.height
    radius, y = 0.088, 0.82
    frame.ellipse((x, y), (radius + 0.014, radius + 0.014), (15, 15, 16))
    frame.ellipse((x, y), (radius, radius), TYRE)
    frame.ellipse((x, y), (radius * 0.68, radius * 0.68), (178, 181, 186))
    for turn in np.arange(look.spokes) * 2 * np.pi / look.spokes:
        end = (x + np.cos(turn) * radius * 0.62, y + np.sin(turn) * radius * 0.62 * high)
        frame.line(((x, y), end), (88, 90, 94), 0.009)
    frame.ellipse((x, y), (radius * 0.16, radius * 0.16), (60, 60, 64))


def _marks(frame: Frame, look: Look) -> None:
    for x, y, size, shade in look.marks:
        colour = tinted(look.paint, 1 + 0.35 * shade)
        if shade > 0.4:
            frame.line(((x, y), (x + size * 3, y + size)), colour, 0.003)
        else:
            frame.ellipse((x, y), (size, size * 0.6), colour)
