"""Draw licence plates and fix them to cars. Their numbers belong to no register: every series begins with QX."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from samples.photos.canvas import Frame, Pixels, write

Box = tuple[float, float, float, float]
RATIOS: Final = {"one_line": 4.4, "two_line": 1.7, "motorcycle": 1.45}
"""Width of a plate by its height."""
_STYLES: Final = (((245, 245, 240), (15, 15, 20)), ((250, 205, 40), (10, 10, 10)), ((20, 20, 22), (240, 240, 240)),
                  ((20, 90, 60), (245, 245, 245)))  # fmt: skip
_STYLE_SHARES: Final = (0.7, 0.12, 0.12, 0.06)


@dataclass(frozen=True)
class Plate:
    """A plate on a photo: its box and four corners in pixels, its text, and the share of it that can be seen."""

    box: Box
    quad: tuple[tuple[float, float], ...]
    style: str
    text: str
    visible: float = 1.0


def plate_text(rng: np.random.Generator) -> tuple[str, str]:
    """Return the two halves of an invented number."""
    letters = "QX" + str(rng.choice(list("ABCDEFGHJKLMNPRSTVWYZ")))
    year = f"-{rng.integers(6, 26):02d}" if rng.random() < 0.35 else ""
    return letters + year, str(rng.integers(100, 9999))


def plate_pixels(style: str, halves: tuple[str, str], height: int, rng: np.random.Generator) -> Pixels:
    """Draw a plate from straight before it."""
    width = round(height * RATIOS[style])
    ground, ink = _STYLES[rng.choice(len(_STYLES), p=_STYLE_SHARES)]
    pixels = np.full((height, width, 3), ground, np.uint8)
    edge = max(1, height // 24)
    cv2.rectangle(pixels, (edge, edge), (width - 1 - edge, height - 1 - edge), ink, edge)
    strip = 0
    if style == "one_line" and rng.random() < 0.5:
        strip = round(width * 0.09)
        pixels[2 * edge : height - 2 * edge, 2 * edge : strip] = (30, 120, 60)
    lines = [f"{halves[0]} {halves[1]}"] if style == "one_line" else list(halves)
    room = (height - 6 * edge) // len(lines)
    for number, line in enumerate(lines):
        _fitted(pixels[3 * edge + number * room : 3 * edge + (number + 1) * room, strip + 3 * edge : width - 3 * edge],
                line, ink)  # fmt: skip
    worn = rng.normal(0, 5, (height, width, 1))
    return np.clip(pixels + worn, 0, 255).astype(np.uint8)


def _fitted(area: Pixels, line: str, ink: tuple[int, int, int]) -> None:
    height, width = area.shape[:2]
    size = max(4, round(height * 0.8))
    drawn = np.zeros((size, 20 * size, 3), np.uint8)
    write(drawn, line, (0, 0, size), (255, 255, 255))
    used = int(np.flatnonzero(drawn.max(axis=(0, 2)))[-1]) + 1 if drawn.any() else 1
    fits = min(0.96 * width / used, 1.0) if used > 0.96 * width else min(0.94 * width / used, 1.25)
    mask = cv2.resize(drawn[:, :used], (max(1, int(used * fits)), min(size, height)), interpolation=cv2.INTER_AREA)
    top, left = (height - mask.shape[0]) // 2, (width - mask.shape[1]) // 2
    target = area[top : top + mask.shape[0], left : left + mask.shape[1]]
    cover = mask[: target.shape[0], : target.shape[1]] / 255.0
    target[:] = (target * (1 - cover) + np.asarray(ink) * cover).astype(np.uint8)


def fix_plate(frame: Frame, centre: tuple[float, float], width: float, style: str, rng: np.random.Generator) -> Plate:
    """Draw a plate into the frame of a car; centre and width are in the frame's coordinates."""
    across = width * frame.width
    down = across / RATIOS[style]
    halves = plate_text(rng)
    height = int(np.clip(down * 1.5, 24, 400))
    drawn = plate_pixels(style, halves, height, rng)
    middle = frame.place([centre])[0]
    turn = rng.normal(0, 0.012)
    corners = np.array([(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)]) * (across, down)
    corners[:, 1] += corners[:, 0] * turn
    corners[:, 0] -= corners[:, 1] * frame.lean * 0.5
    quad = corners + middle
    _warp_into(frame.pixels, drawn, quad)
    return Plate(box_of(quad), tuple((float(x), float(y)) for x, y in quad), style, " ".join(halves))


def _warp_into(pixels: Pixels, drawn: Pixels, quad: NDArray[np.float64]) -> None:
    height, width = pixels.shape[:2]
    x1, y1 = np.maximum(np.floor(quad.min(0)) - 1, 0).astype(int)
    x2, y2 = np.minimum(np.ceil(quad.max(0)) + 2, (width, height)).astype(int)
    if x2 <= x1 or y2 <= y1:
        return
    high, wide = drawn.shape[:2]
    shrink = min(1.0, 1.2 * float(np.ptp(quad[:, 0])) / wide)
    small = cv2.resize(drawn, (max(2, int(wide * shrink)), max(2, int(high * shrink))), interpolation=cv2.INTER_AREA)
    high, wide = small.shape[:2]
    source = np.array([(0, 0), (wide, 0), (wide, high), (0, high)], np.float32)
    matrix = cv2.getPerspectiveTransform(source, (quad - (x1, y1)).astype(np.float32))
    size = (int(x2 - x1), int(y2 - y1))
    laid = cv2.warpPerspective(small, matrix, size, flags=cv2.INTER_LINEAR)
    mask = cv2.warpPerspective(np.full((high, wide), 255, np.uint8), matrix, size, flags=cv2.INTER_LINEAR)
    cover = mask[..., None] / 255.0
    area = pixels[y1:y2, x1:x2]
    area[:] = (area * (1 - cover) + laid * cover).astype(np.uint8)


def box_of(quad: NDArray[np.float64]) -> Box:
    """Return the upright box around corners."""
    (x1, y1), (x2, y2) = quad.min(0), quad.max(0)
    return float(x1), float(y1), float(x2), float(y2)
