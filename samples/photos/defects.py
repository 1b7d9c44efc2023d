"""Plant one fault in a photo, as sellers' phones and their apps make it; each has the code that should name it."""

from collections.abc import Callable
from dataclasses import dataclass
from math import cos, pi, sin
from typing import Final

import cv2
import numpy as np

from samples.photos.canvas import Pixels, write

Planter = Callable[[Pixels, np.random.Generator], Pixels]


@dataclass(frozen=True)
class Defect:
    """A way to spoil a photo, and the code of the fault."""

    code: str
    plant: Planter


def exposed(pixels: Pixels, stops: float) -> Pixels:
    """Expose a photo by a number of stops more or less: each doubles or halves the light; bright parts clip."""
    values = np.arange(256) / 255.0
    light = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4) * 2.0**stops
    coded = np.where(light <= 0.0031308, light * 12.92, 1.055 * np.minimum(light, 1.0) ** (1 / 2.4) - 0.055)
    table = np.clip(np.rint(coded * 255), 0, 255).astype(np.uint8)
    return cv2.LUT(pixels, table).astype(np.uint8)


def unfocused(pixels: Pixels, deviation: float) -> Pixels:
    """Blur in all directions, by a deviation in pixels."""
    return cv2.GaussianBlur(pixels, (0, 0), deviation).astype(np.uint8)


def moved(pixels: Pixels, length: int, angle: float) -> Pixels:
    """Blur along one direction, by a length in pixels and an angle in radians."""
    side = length | 1
    kernel = np.zeros((side, side), np.float32)
    away = (cos(angle) * (side // 2), sin(angle) * (side // 2))
    middle = side // 2
    ends = [(round(middle + sign * away[0]), round(middle + sign * away[1])) for sign in (-1, 1)]
    cv2.line(kernel, ends[0], ends[1], 1.0, 1)
    return cv2.filter2D(pixels, -1, kernel / kernel.sum()).astype(np.uint8)


def compressed(pixels: Pixels, quality: int) -> Pixels:
    """Save as JPEG and load."""
    _, data = cv2.imencode(".jpg", pixels[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return cv2.cvtColor(np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR)), cv2.COLOR_BGR2RGB).astype(np.uint8)


def bordered(pixels: Pixels, share: float, value: int) -> Pixels:
    """Put a plain border around a photo."""
    wide = max(4, round(share * pixels.shape[1]))
    return cv2.copyMakeBorder(pixels, wide, wide, wide, wide, cv2.BORDER_CONSTANT, value=(value,) * 3).astype(np.uint8)


def on_screen(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Show a photo on a phone's screen: a bar of status above, buttons below, and the screen's ground between."""
    width = pixels.shape[1]
    height = max(round(width * rng.uniform(1.78, 2.1)), round(pixels.shape[0] * 1.3))
    value = int(rng.choice((0, 18, 250)))
    screen = np.full((height, width, 3), value, np.uint8)
    top = (height - pixels.shape[0]) // 2
    screen[top : top + pixels.shape[0]] = pixels
    ink = (235, 235, 235) if value < 100 else (30, 30, 30)
    size = max(10, width // 30)
    write(screen, f"{rng.integers(1, 13)}:{rng.integers(10, 60)}", (width // 20, size, size), ink)
    write(screen, f"{rng.integers(10, 100)}%", (width * 17 // 20, size, size), ink)
    write(screen, "Photos", (width // 20, size * 4, round(size * 1.4)), ink)
    for x in (0.2, 0.5, 0.8):
        cv2.circle(screen, (round(x * width), height - 2 * size), size // 2, ink, max(2, size // 8))
    for x in (0.15, 0.4, 0.65, 0.9):
        cv2.rectangle(
            screen, (round(x * width) - size, height - 6 * size), (round(x * width), height - 5 * size), ink, 2
        )
    return screen


def written(pixels: Pixels, text: str, rng: np.random.Generator) -> Pixels:
    """Lay text over a photo, half transparent, somewhere in its middle."""
    seen = pixels.copy()
    height, width = pixels.shape[:2]
    size = max(10, round(height * rng.uniform(0.05, 0.09)))
    left = round(width * rng.uniform(0.1, 0.35))
    write(seen, text, (left, round(height * rng.uniform(0.3, 0.7)), size), (255, 255, 255), rng.uniform(0.6, 0.85))
    return seen


def with_banner(pixels: Pixels, text: str, rng: np.random.Generator) -> Pixels:
    """Lay a bar with text over the lower or upper edge."""
    seen = pixels.copy()
    height, width = pixels.shape[:2]
    high = round(height * rng.uniform(0.08, 0.14))
    colour = tuple(int(value) for value in rng.choice([[180, 20, 30], [15, 20, 60], [250, 210, 30], [10, 10, 10]]))
    top = 0 if rng.random() < 0.5 else height - high
    seen[top : top + high] = colour
    ink = (20, 20, 20) if sum(colour) > 380 else (250, 250, 250)
    write(seen, text, (width // 20, top + high // 4, high // 2), ink)
    return seen


def collage(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Put a photo beside a mirrored cut of itself, with or without a gap."""
    height, width = pixels.shape[:2]
    gap = np.full((height, int(rng.choice((0, width // 60))), 3), 255, np.uint8)
    cut = pixels[:, round(width * 0.3) :, :][:, ::-1]
    joined = np.hstack([pixels[:, : round(width * 0.8)], gap, cut])
    return cv2.resize(joined, (width, height), interpolation=cv2.INTER_AREA).astype(np.uint8)


def tilted(pixels: Pixels, degrees: float) -> Pixels:
    """Turn a photo, and cut it so that no corner is empty."""
    height, width = pixels.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1 + abs(degrees) * 0.028)
    return cv2.warpAffine(pixels, matrix, (width, height), flags=cv2.INTER_AREA).astype(np.uint8)


def noised(pixels: Pixels, deviation: float, rng: np.random.Generator) -> Pixels:
    """Add a camera's noise."""
    noise = rng.standard_normal(pixels.shape, dtype=np.float32) * deviation
    return np.clip(pixels + noise, 0, 255).astype(np.uint8)


def shrunk(pixels: Pixels, side: int) -> Pixels:
    """Make a photo small."""
    scale = side / max(pixels.shape[:2])
    return cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA).astype(np.uint8)


def _sign(rng: np.random.Generator) -> float:
    return float(rng.choice((-1.0, 1.0)))


NUMBER: Final = "Call 0300 0000000"
"""A number that belongs to no telephone."""
DEFECTS: Final[dict[str, Defect]] = {
    "out_of_focus": Defect("blurred", lambda pixels, rng: unfocused(pixels, rng.uniform(2, 4))),
    "moved": Defect("moved", lambda pixels, rng: moved(pixels, int(rng.integers(9, 22)), rng.uniform(0, pi))),
    "too_dark": Defect("underexposed", lambda pixels, rng: exposed(pixels, -rng.uniform(2, 3))),
    "too_bright": Defect("overexposed", lambda pixels, rng: exposed(pixels, rng.uniform(2, 3))),
    "small": Defect("low_resolution", lambda pixels, rng: shrunk(pixels, int(rng.integers(240, 480)))),
    "noise": Defect("noisy", lambda pixels, rng: noised(pixels, rng.uniform(14, 26), rng)),
    "jpeg": Defect("jpeg_damage", lambda pixels, rng: compressed(pixels, int(rng.integers(3, 9)))),
    "tilted": Defect("tilted", lambda pixels, rng: tilted(pixels, _sign(rng) * rng.uniform(6, 12))),
    "border": Defect(
        "border", lambda pixels, rng: bordered(pixels, rng.uniform(0.02, 0.08), int(rng.choice((0, 255))))
    ),
    "screenshot": Defect("screenshot", on_screen),
    "watermark": Defect("watermark", lambda pixels, rng: written(pixels, "STAR AUTOS LAHORE", rng)),
    "banner": Defect("banner", lambda pixels, rng: with_banner(pixels, "BEST PRICE IN TOWN", rng)),
    "contact": Defect("contact_text", lambda pixels, rng: written(pixels, NUMBER, rng)),
    "collage": Defect("collage", collage),
}
