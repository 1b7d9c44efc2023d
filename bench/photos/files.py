"""The photos that `bench.photos.scores` measures on: the test half of the real ones, and drawn ones."""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import cv2
import numpy as np

from models.plates.text_detector import Pixels
from samples.photos.defects import compressed, exposed, moved, unfocused
from samples.photos.draw import Spec, draw_photo

MEDIA = Path("../shared/media")
FIRST_DRAWN = 40_000  # thresholds were set on the first hundreds
Spoiler = Callable[[Pixels, np.random.Generator], Pixels]
PLANTED: dict[str, Spoiler] = {
    "gaussian 2": lambda pixels, _: unfocused(pixels, 2),
    "gaussian 4": lambda pixels, _: unfocused(pixels, 4),
    "motion": lambda pixels, rng: moved(pixels, int(rng.integers(9, 22)), rng.uniform(0, np.pi)),
    "2 stops under": lambda pixels, _: exposed(pixels, -2),
    "3 stops under": lambda pixels, _: exposed(pixels, -3),
    "2 stops over": lambda pixels, _: exposed(pixels, 2),
    "3 stops over": lambda pixels, _: exposed(pixels, 3),
}


def real_photos(media: Path, step: int) -> list[Pixels]:
    """Return every n-th photo of the test half (first byte of the SHA-256 of the file's name odd)."""
    files = [file for file in sorted(media.rglob("*.jpg")) if sha256(file.name.encode()).digest()[0] % 2]
    return [_read(file) for file in files[::step]]


def _read(file: Path) -> Pixels:
    return cv2.cvtColor(np.asarray(cv2.imread(str(file))), cv2.COLOR_BGR2RGB).astype(np.uint8)


def drawn_photos(count: int) -> list[Pixels]:
    """Drawn cars from outside, as a phone saves them."""
    return [compressed(draw_photo(Spec(), FIRST_DRAWN + seed).pixels, 92) for seed in range(count)]


def planted_folders(photos: list[Pixels], folder: Path) -> dict[str, list[Path]]:
    """Write the photos as they are and with each fault, as JPEG of quality 88."""
    written: dict[str, list[Path]] = {}
    for name in ("as they are", *PLANTED):
        into = folder / name.replace(" ", "_")
        into.mkdir(parents=True)
        for at, pixels in enumerate(photos):
            spoilt = PLANTED[name](pixels, np.random.default_rng([at, 9])) if name in PLANTED else pixels
            file = into / f"{at:04}.jpg"
            cv2.imwrite(str(file), spoilt[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 88])
            written.setdefault(name, []).append(file)
    return written


def area_under_curve(good: list[float], bad: list[float]) -> float:
    """The chance that a bad photo scores higher than a good one."""
    left, right = np.sort(good), np.asarray(bad)
    below = np.searchsorted(left, right, "left") + np.searchsorted(left, right, "right")
    return float(below.mean() / 2 / len(left))


def caught(good: list[float], bad: list[float]) -> float:
    """The share of bad photos above the 99th percentile of the good ones."""
    return float((np.asarray(bad) > np.quantile(good, 0.99)).mean())
