"""Edit a photo as people do who copy it from another ad: one edit, or a random chain of several."""

from collections.abc import Callable
from typing import Final

import cv2
import numpy as np

from samples.photos.canvas import Pixels
from samples.photos.defects import bordered, compressed, on_screen, written

Edit = Callable[[Pixels, np.random.Generator], Pixels]


def resized(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Make a photo smaller, but not below 320 pixels on its longer side."""
    longest = max(pixels.shape[:2])
    scale = max(rng.uniform(0.4, 0.9), min(1.0, 320 / longest))
    return cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA).astype(np.uint8)


def cropped(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Cut away up to 15 % at each side."""
    height, width = pixels.shape[:2]
    top, bottom, left, right = rng.uniform(0.0, 0.15, 4)
    part = pixels[round(top * height) : round((1 - bottom) * height), round(left * width) : round((1 - right) * width)]
    return np.ascontiguousarray(part)


def flipped(pixels: Pixels, rng: np.random.Generator) -> Pixels:  # noqa: ARG001  (all edits take the same arguments)
    """Mirror a photo left to right."""
    return np.ascontiguousarray(pixels[:, ::-1])


def framed(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Put a border around a photo."""
    return bordered(pixels, rng.uniform(0.02, 0.08), int(rng.choice((0, 30, 255))))


def marked(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Write another dealer's name over a photo."""
    return written(pixels, str(rng.choice(("STAR AUTOS", "CITY CARS LAHORE", "0300 0000000"))), rng)


def relit(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Change brightness and contrast."""
    lighter, contrast = rng.uniform(-28, 28), rng.uniform(0.75, 1.25)
    lit: Pixels = np.clip((pixels.astype(np.float32) - 128) * contrast + 128 + lighter, 0, 255).astype(np.uint8)
    return lit


def saved(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Compress a photo to a JPEG of low quality."""
    return compressed(pixels, int(rng.integers(30, 85)))


EDITS: Final[dict[str, Edit]] = {
    "resize": resized, "crop": cropped, "flip": flipped, "border": framed, "watermark": marked, "brightness": relit,
    "jpeg": saved, "screenshot": on_screen,
}  # fmt: skip
_ORDER: Final = ("crop", "flip", "brightness", "watermark", "border", "screenshot", "resize", "jpeg")
_SHARES: Final = (0.6, 0.5, 0.6, 0.5, 0.35, 0.25, 0.7, 1.0)


def draw_chain(rng: np.random.Generator) -> tuple[str, ...]:
    """Draw the names of a chain of edits, in an order that makes sense; saving always comes last."""
    return tuple(name for name, share in zip(_ORDER, _SHARES, strict=True) if rng.random() < share)


def edit(pixels: Pixels, chain: tuple[str, ...], rng: np.random.Generator) -> Pixels:
    """Apply a chain of edits."""
    for name in chain:
        pixels = EDITS[name](pixels, rng)
    return pixels
