"""Draw shapes, shades, textures and text on arrays of pixels."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Pixels = NDArray[np.uint8]
Points = Sequence[tuple[float, float]]
Colour = tuple[int, int, int]
_SHIFT = 4  # bits behind the point in cv2's coordinates


@dataclass(frozen=True)
class Frame:
    """A rectangle of the picture whose own coordinates run from 0 to 1; `lean` shifts its top to the right."""

    pixels: Pixels
    x: float
    y: float
    width: float
    height: float
    lean: float = 0.0

    def place(self, points: Points) -> NDArray[np.float64]:
        """Return points of the frame as pixels of the picture."""
        given = np.asarray(points, dtype=np.float64)
        across = self.x + (given[:, 0] + self.lean * (0.5 - given[:, 1])) * self.width
        return np.stack([across, self.y + given[:, 1] * self.height], axis=1)

    def polygon(self, points: Points, colour: Colour) -> None:
        """Fill a polygon."""
        cv2.fillPoly(self.pixels, [_fixed(self.place(points))], colour, cv2.LINE_AA, _SHIFT)

    def box(self, corners: tuple[float, float, float, float], colour: Colour) -> None:
        """Fill a rectangle given as x1, y1, x2, y2."""
        x1, y1, x2, y2 = corners
        self.polygon(((x1, y1), (x2, y1), (x2, y2), (x1, y2)), colour)

    def shade(self, points: Points, top: Colour, bottom: Colour) -> None:
        """Fill a polygon with a vertical gradient of colours."""
        placed = self.place(points)
        height, width = self.pixels.shape[:2]
        x1, y1 = np.maximum(np.floor(placed.min(0)), 0).astype(int)
        x2, y2 = np.minimum(np.ceil(placed.max(0)) + 1, (width, height)).astype(int)
        if x2 <= x1 or y2 <= y1:
            return
        mask = np.zeros((y2 - y1, x2 - x1), np.uint8)
        cv2.fillPoly(mask, [_fixed(placed - (x1, y1))], 255, cv2.LINE_AA, _SHIFT)
        lowest, highest = placed[:, 1].min(), placed[:, 1].max()
        run = ((np.arange(y1, y2) - lowest) / max(highest - lowest, 1.0)).clip(0, 1)[:, None, None]
        colours = np.asarray(top) * (1 - run) + np.asarray(bottom) * run
        blend(self.pixels[y1:y2, x1:x2], colours, mask / 255.0)

    def line(self, points: Points, colour: Colour, thickness: float = 0.004) -> None:
        """Draw a line; its thickness is a share of the frame's width."""
        thick = max(1, round(thickness * self.width))
        cv2.polylines(
            self.pixels,
            [_fixed(self.place(points))],
            isClosed=False,
            color=colour,
            thickness=thick,
            lineType=cv2.LINE_AA,
            shift=_SHIFT,
        )

    def ellipse(self, centre: tuple[float, float], radii: tuple[float, float], colour: Colour) -> None:
        """Fill an ellipse whose radii are shares of the frame's width."""
        middle = _fixed(self.place([centre]))[0]
        axes = np.maximum(np.rint(np.asarray(radii) * self.width * (1 << _SHIFT)), 1).astype(int)
        cv2.ellipse(
            self.pixels, tuple(map(int, middle)), tuple(map(int, axes)), 0, 0, 360, colour, -1, cv2.LINE_AA, _SHIFT
        )


def _fixed(points: NDArray[np.float64]) -> NDArray[np.int32]:
    return np.rint(np.clip(points, -1e6, 1e6) * (1 << _SHIFT)).astype(np.int32)


def blend(target: Pixels, colours: NDArray[Any], mask: NDArray[Any]) -> None:
    """Blend colours into pixels in place; the mask is the opacity, 0 to 1."""
    cover = mask[..., None] if mask.ndim == 2 else mask
    target[:] = np.clip(target * (1 - cover) + colours * cover, 0, 255).astype(np.uint8)


def texture(shape: tuple[int, int], grain: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Make an uneven surface of mean 0 and deviation about 1: noise at three sizes of grain, the coarsest `grain`."""
    height, width = shape
    total = np.zeros(shape, np.float32)
    for size in (grain, max(grain // 3, 2), max(grain // 9, 1)):
        coarse = rng.standard_normal((height // size + 2, width // size + 2), dtype=np.float32)
        total += cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)
    return total * np.float32(0.7)


def tinted(colour: Colour, factor: float) -> Colour:
    """Return a lighter or darker colour."""
    red, green, blue = (int(min(max(part * factor, 0), 255)) for part in colour)
    return red, green, blue


@lru_cache(maxsize=64)
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def text_mask(text: str, height: int, *, weight: float = 0.06) -> NDArray[np.float32]:
    """Draw a line of text that is `height` pixels high, as a mask of 0 to 1; weight is the stroke's share of it."""
    size = max(8, min(height, 400))
    stroke = max(0, round(size * weight))
    left, top, right, bottom = _font(size).getbbox(text, stroke_width=stroke)
    image = Image.new("L", (max(1, int(right - left)), max(1, int(bottom - top))))
    ImageDraw.Draw(image).text((-left, -top), text, 255, font=_font(size), stroke_width=stroke)
    mask = np.asarray(image, dtype=np.float32) / np.float32(255)
    width = max(1, round(mask.shape[1] * height / mask.shape[0]))
    return cv2.resize(mask, (width, max(1, height)), interpolation=cv2.INTER_AREA).astype(np.float32)


def write(pixels: Pixels, text: str, place: tuple[int, int, int], colour: Colour, opacity: float = 1.0) -> None:
    """Write a line of text; `place` is its left, its top and its height in pixels."""
    left, top, height = place
    mask = text_mask(text, max(height, 4))
    area = pixels[max(top, 0) : top + mask.shape[0], max(left, 0) : left + mask.shape[1]]
    if area.size:
        part = mask[max(-top, 0) :, max(-left, 0) :][: area.shape[0], : area.shape[1]]
        blend(area, np.asarray(colour), part * opacity)
