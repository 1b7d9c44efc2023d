"""Draw a photo by its description; whatever the description leaves open is drawn by the seed."""

from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np

from samples.photos import cars
from samples.photos.bays import bay_kind, draw_bay
from samples.photos.canvas import Colour, Frame, Pixels
from samples.photos.insides import draw_engine, draw_interior, draw_odometer
from samples.photos.lights import LIGHTS, lit
from samples.photos.looks import HEIGHTS, LENGTHS, Look, look_of
from samples.photos.others import PLACEHOLDERS, SCENES
from samples.photos.papers import PAPERS, draw_paper
from samples.photos.plates import Box, Plate, box_of, fix_plate

SIZE: Final = (1280, 960)
_DRAWERS: Final = {"front": cars.draw_front, "rear": cars.draw_rear, "side": cars.draw_side}
_INSIDES: Final = {"interior": draw_interior, "odometer": draw_odometer, "engine": draw_engine}
KINDS: Final = ("exterior", *_INSIDES, "document", "scene", "placeholder")


@dataclass(frozen=True)
class Spec:
    """The content of a photo; None is drawn by the seed. `car` and `bay` are the numbers of the car and its place."""

    kind: str = "exterior"
    view: str | None = None
    plate: str | None = None
    plate_width: float | None = None
    """Share of the picture's width."""
    tilt: float | None = None
    """Tilt of the camera, in degrees."""
    hidden: float = 0.0
    """Share of the plate that something covers."""
    second_car: bool = False
    light: str | None = None
    bay: int | None = None
    car: int | None = None
    paint: Colour | None = None
    """Paint of an exterior, in place of the car's own."""
    name: str | None = None
    """Name of a document, scene or placeholder."""


@dataclass(frozen=True)
class DrawnPhoto:
    """A photo and what is on it; boxes are x1, y1, x2, y2 in pixels, the subject's car first."""

    pixels: Pixels
    kind: str
    name: str
    cars: tuple[Box, ...] = ()
    plates: tuple[Plate, ...] = ()
    bay: int | None = None
    look: Look | None = None
    light: str | None = None


def draw_photo(spec: Spec, seed: int, size: tuple[int, int] = SIZE) -> DrawnPhoto:
    """Draw a photo: the same description, seed and size give the same bytes."""
    rng = np.random.default_rng([seed, 5])
    if spec.kind == "exterior":
        return _exterior(spec, rng, size)
    if spec.kind in _INSIDES:
        look = look_of(int(rng.integers(0, 1 << 30)) if spec.car is None else spec.car)
        inside = lit(_INSIDES[spec.kind](look, size, rng), "overcast", rng)
        return DrawnPhoto(inside, spec.kind, spec.kind, look=look)
    if spec.kind == "document":
        name = spec.name or str(rng.choice(list(PAPERS)))
        return DrawnPhoto(lit(draw_paper(name, size, rng), "overcast", rng), "document", name)
    drawers = SCENES if spec.kind == "scene" else PLACEHOLDERS
    name = spec.name or str(rng.choice(list(drawers)))
    pixels = drawers[name](size, rng)
    return DrawnPhoto(lit(pixels, "day", rng) if spec.kind == "scene" else pixels, spec.kind, name)


def listing_photos(car: int, bay: int, count: int = 12, size: tuple[int, int] = SIZE) -> list[DrawnPhoto]:
    """Draw a listing's photos: the car around in its bay, then its inside."""
    plan = [Spec(view=view, car=car, bay=bay) for view in ("front", "side", "rear", "front", "rear", "side")]
    plan += [Spec(kind=kind, car=car) for kind in ("interior", "odometer", "engine", "interior", "interior", "engine")]
    return [draw_photo(spec, car * 100 + number, size) for number, spec in enumerate(plan[:count])]


def _exterior(spec: Spec, rng: np.random.Generator, size: tuple[int, int]) -> DrawnPhoto:
    width, height = size
    bay = int(rng.integers(0, 1 << 30)) if spec.bay is None else spec.bay
    look = look_of(int(rng.integers(0, 1 << 30)) if spec.car is None else spec.car, spec.paint)
    view = spec.view or str(rng.choice(("front", "rear", "side"), p=(0.45, 0.35, 0.2)))
    style = spec.plate or str(rng.choice(("one_line", "two_line", "none"), p=(0.6, 0.35, 0.05)))
    pixels, horizon = draw_bay(bay, size)
    boxes, plates = [], []
    if spec.second_car:
        other = look_of(look.seed + 1_000_003)
        wide = width * rng.uniform(0.2, 0.3)
        frame = Frame(pixels, rng.uniform(0, width - wide), height * horizon - wide * 0.55, wide, wide * 0.75)
        cars.draw_rear(frame, other)
        plates.append(fix_plate(frame, cars.PLATE_PLACES["rear"], 0.29, "one_line", rng))
        boxes.append((frame.x, frame.y, frame.x + frame.width, frame.y + frame.height))
    frame = _subject_frame(pixels, spec, (view, style), look, rng)
    (cars.draw_motorcycle if style == "motorcycle" else _DRAWERS[view])(frame, look)
    boxes.insert(0, (frame.x, frame.y, frame.x + frame.width, frame.y + frame.height))
    if style != "none" and (view != "side" or style == "motorcycle"):
        place = cars.PLATE_PLACES["motorcycle" if style == "motorcycle" else view]
        fixed_width = cars.PLATE_WIDTHS[style]
        plate_rng = np.random.default_rng([look.seed, 17])  # a car keeps its plate
        plates.insert(0, _covered(frame, fix_plate(frame, place, fixed_width, style, plate_rng), spec.hidden))
    light = spec.light or _light(bay, rng)
    tilt = spec.tilt if spec.tilt is not None else float(rng.normal(0, 0.6))
    turned, matrix = _turned(lit(pixels, light, rng), tilt)
    inside = [turn_box(box, matrix, size) for box in boxes]
    seen = [_turned_plate(plate, matrix, size) for plate in plates]
    shown = tuple(plate for plate in seen if plate.visible > 0.15)
    return DrawnPhoto(turned, "exterior", view, tuple(inside), shown, bay, look, light)


def _light(bay: int, rng: np.random.Generator) -> str:
    return "showroom" if bay_kind(bay) == "showroom" else str(rng.choice(LIGHTS[:4], p=(0.5, 0.25, 0.15, 0.1)))


def _subject_frame(pixels: Pixels, spec: Spec, drawn: tuple[str, str], look: Look, rng: np.random.Generator) -> Frame:
    """Choose where the car stands; with a plate of a given width, so that its plate is on the picture."""
    view, style = drawn
    height, width = pixels.shape[:2]
    bike = style == "motorcycle"
    ratio = 1.5 if bike else LENGTHS[look.body] if view == "side" else HEIGHTS[look.body]
    share = rng.uniform(0.3, 0.45) if bike else rng.uniform(0.62, 0.85) if view == "side" else rng.uniform(0.42, 0.7)
    if spec.plate_width is not None and style != "none":
        share = spec.plate_width / cars.PLATE_WIDTHS[style]
    wide = width * share
    high = wide * ratio
    if spec.plate_width is None and high > height * 0.86:
        wide, high = wide * height * 0.86 / high, height * 0.86
    place = cars.PLATE_PLACES.get("motorcycle" if bike else view, (0.5, 0.8))
    if share > 0.9:  # a close-up: the plate stands near the middle of the picture
        x, y = width * rng.uniform(0.44, 0.56) - place[0] * wide, height * rng.uniform(0.45, 0.6) - place[1] * high
    else:
        x = rng.uniform(0.03, 0.97 - share) * width if share < 0.9 else (width - wide) / 2
        y = height * rng.uniform(0.86, 0.95) - high if high > height * 0.3 else height * rng.uniform(0.62, 0.75) - high
    lean = 0.0 if view == "side" and not bike else float(rng.normal(0, 0.03))
    return Frame(pixels, x, y, wide, high, lean)


def _covered(frame: Frame, plate: Plate, hidden: float) -> Plate:
    if hidden <= 0:
        return plate
    x1, y1, x2, y2 = plate.box
    edge = x1 + (x2 - x1) * hidden
    rag = Frame(frame.pixels, x1 - 2, y1 - 3, edge - x1 + 2, y2 - y1 + 6)
    rag.shade(((0, 0), (1, 0.05), (0.96, 0.5), (1, 1), (0, 0.97)), (96, 74, 52), (60, 46, 34))
    return replace(plate, visible=1 - hidden)


def _turned(pixels: Pixels, tilt: float) -> tuple[Pixels, np.ndarray]:
    height, width = pixels.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), tilt, 1.0)
    turned = cv2.warpAffine(pixels, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    return turned.astype(np.uint8), matrix


def turn_box(box: Box, matrix: np.ndarray, size: tuple[int, int]) -> Box:
    """Return the upright box around a box that was turned with the picture, cut at the picture's edges."""
    x1, y1, x2, y2 = box
    corners = np.array([(x1, y1), (x2, y1), (x2, y2), (x1, y2)]) @ matrix[:, :2].T + matrix[:, 2]
    return _cut(box_of(corners), size)


def _cut(box: Box, size: tuple[int, int]) -> Box:
    x1, y1, x2, y2 = box
    return max(x1, 0.0), max(y1, 0.0), min(x2, float(size[0])), min(y2, float(size[1]))


def _turned_plate(plate: Plate, matrix: np.ndarray, size: tuple[int, int]) -> Plate:
    quad = np.asarray(plate.quad) @ matrix[:, :2].T + matrix[:, 2]
    whole, cut = box_of(quad), _cut(box_of(quad), size)
    area = max(cut[2] - cut[0], 0) * max(cut[3] - cut[1], 0)
    share = area / ((whole[2] - whole[0]) * (whole[3] - whole[1]))
    corners = tuple((float(x), float(y)) for x, y in quad)
    return replace(plate, box=cut, quad=corners, visible=plate.visible * share)
