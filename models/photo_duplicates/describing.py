"""Describe a photo for the search of duplicates."""

import struct
import zlib
from dataclasses import dataclass
from typing import Final, Self

import cv2
import numpy as np

from models.photo_duplicates import current_version
from models.photo_duplicates.description import Box, Description
from models.photo_duplicates.features import Features, find_features, words_of
from models.photo_duplicates.hashing import perceptual_hash
from models.photo_quality.framing import Framing, measure_framing
from models.photo_quality.judging import FRAME_SIDE, fitted
from models.photo_quality.scenes import measure_looks
from models.photo_quality.sharpness import Grey
from models.plates.text_detector import Pixels

SIDE, THUMBNAIL = 512, 160
_FEWEST_POINTS: Final = 40
_FLATTEST: Final = 0.62
_SMALLEST_CAR: Final = 0.03
_HEAD: Final = struct.Struct("<HHH4f")


@dataclass(frozen=True)
class Proof:
    """The unpacked features: points in pixels of a picture of `size`, the thumbnail, and the car's box in shares."""

    size: tuple[int, int]
    features: Features
    thumbnail: Grey
    car: Box | None

    def pack(self) -> bytes:
        """Return it as bytes."""
        points = self.features.points.astype("<f4").tobytes()
        described = zlib.compress(self.features.descriptions.T.tobytes(), 6)
        _, small = cv2.imencode(".jpg", self.thumbnail, [cv2.IMWRITE_JPEG_QUALITY, 85])
        head = _HEAD.pack(*self.size, len(self.features.points), *(self.car or (-1.0,) * 4))
        return head + points + struct.pack("<I", len(described)) + described + small.tobytes()

    @classmethod
    def unpack(cls, data: bytes) -> Self:
        """Read what `pack` wrote."""
        width, height, count, *car = _HEAD.unpack_from(data)
        at = _HEAD.size + count * 8
        points = np.frombuffer(data[_HEAD.size : at], "<f4").reshape(count, 2)
        (length,) = struct.unpack_from("<I", data, at)
        flat = np.frombuffer(zlib.decompress(data[at + 4 : at + 4 + length]), np.uint8)
        small = cv2.imdecode(np.frombuffer(data[at + 4 + length :], np.uint8), cv2.IMREAD_GRAYSCALE)
        features = Features(points, np.ascontiguousarray(flat.reshape(128, count).T))
        box = (car[0], car[1], car[2], car[3]) if car[0] >= 0 else None
        return cls((width, height), features, np.asarray(small, np.uint8), box)


def describe(pixels: Pixels, car_box: Box | None) -> Description:
    """Describe upright RGB pixels; `car_box` is the largest vehicle's box in them, None where it is not known."""
    work = fitted(pixels, 1280)
    grey: Grey = cv2.cvtColor(work, cv2.COLOR_RGB2GRAY).astype(np.uint8, copy=False)
    framing = measure_framing(fitted(grey, FRAME_SIDE))
    inside = fitted(framing.inside(grey), SIDE)
    small = fitted(framing.inside(work), 320)
    looks = measure_looks(small, cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.uint8, copy=False))
    features = find_features(inside)
    if looks.flat >= _FLATTEST or len(features.points) < _FEWEST_POINTS:
        return Description(current_version(), usable=False, hashes=(), words=(), features=b"")
    return _described(inside, features, _car_inside(car_box, pixels.shape, framing))


def _car_inside(box: Box | None, shape: tuple[int, ...], framing: Framing) -> Box | None:
    """Return the car's box in shares of the picture without its borders; None where little of it is left."""
    if box is None:
        return None
    wide = 1 - framing.left.share - framing.right.share
    high = 1 - framing.top.share - framing.bottom.share
    x1, x2 = (min(1.0, max(0.0, (x / shape[1] - framing.left.share) / wide)) for x in (box[0], box[2]))
    y1, y2 = (min(1.0, max(0.0, (y / shape[0] - framing.top.share) / high)) for y in (box[1], box[3]))
    return (x1, y1, x2, y2) if (x2 - x1) * (y2 - y1) >= _SMALLEST_CAR else None


def _described(inside: Grey, features: Features, car: Box | None) -> Description:
    height, width = inside.shape
    parts = [inside]
    if car is not None:
        x1, y1, x2, y2 = (round(side * whole) for side, whole in zip(car, (width, height, width, height), strict=True))
        parts.append(inside[y1:y2, x1:x2])
    hashes = [perceptual_hash(np.ascontiguousarray(turned)) for part in parts for turned in (part, part[:, ::-1])]
    proof = Proof((width, height), features, fitted(inside, THUMBNAIL), car)
    return Description(
        current_version(), usable=True, hashes=tuple(hashes), words=words_of(features), features=proof.pack()
    )
