"""Measure how many number plates are covered, kind by kind, what is covered without a plate, and how long it takes.

    python -m bench.photos.plates [--media ../shared/media] [--half test|tune] [--drawn 30] [--first 90000]

Real photos are those of one half (by the first byte of the SHA-256 of the file's name, odd: test), drawn ones of seeds
from `--first` on. A plate is found where half of its area is covered. Behind each share stands its 95 % interval.
"""

import argparse
import json
import time
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from itertools import chain
from pathlib import Path

import cv2
import numpy as np

from bench.photos.files import MEDIA
from core.settings import Settings
from models.plates.finding import PlateFinder
from models.plates.text_detector import Pixels
from models.plates.vehicles import open_vehicle_detector
from models.plates.weights import CAR_FILE
from samples.photos.draw import Spec, draw_photo

Box = Sequence[float]
SIZE = (1280, 960)
KINDS: dict[str, Callable[[np.random.Generator], Spec]] = {
    "one line": lambda rng: Spec(view=_end(rng), plate="one_line"),
    "two lines": lambda rng: Spec(view=_end(rng), plate="two_line"),
    "motorcycle": lambda _: Spec(plate="motorcycle"),
    "close-up": lambda rng: Spec(view=_end(rng), plate="one_line", plate_width=rng.uniform(0.35, 0.6)),
    "small": lambda rng: Spec(view=_end(rng), plate="one_line", plate_width=rng.uniform(0.03, 0.06)),
    "tilted": lambda rng: Spec(view=_end(rng), plate="one_line", tilt=float(rng.choice((-1, 1)) * rng.uniform(8, 15))),
    "night": lambda rng: Spec(view=_end(rng), plate="one_line", light="night"),
    "half hidden": lambda rng: Spec(view=_end(rng), plate="one_line", hidden=0.5),
    "second car": lambda rng: Spec(view=_end(rng), plate="one_line", second_car=True),
}


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--media", type=Path, default=MEDIA)
    asked.add_argument("--half", choices=("test", "tune"), default="test")
    asked.add_argument("--drawn", type=int, default=30)
    asked.add_argument("--first", type=int, default=90_000)
    options = asked.parse_args()
    cv2.setNumThreads(1)
    vehicles = open_vehicle_detector(Settings().models_dir / CAR_FILE)
    finder, timings = PlateFinder(vehicles), list[float]()
    print("car gate", "off" if vehicles is None else "on")
    for name, photos in chain(_drawn(options.drawn, options.first), _real(options.media, options.half)):
        covered, shown, beside = list[float](), 0, 0
        for pixels, plates in photos:
            started = time.process_time()
            found = [plate.box for plate in finder.find(pixels).plates]
            timings.append((time.process_time() - started) * 1000)
            covered += [_covered(plate, found) for plate in plates]
            shown += 1
            beside += any(all(_covered(plate, [box]) == 0 for plate in plates) for box in found)
        hits = sum(each >= 0.5 for each in covered)
        if covered:
            share = f"recall {interval(hits, len(covered))}, area {np.mean(covered):.3f}, "
        print(f"{name:12} {share if covered else ''}photos with a box where no plate is {interval(beside, shown)}")
    print(f"CPU a photo: median {np.median(timings):.0f} ms")


def interval(hits: int, of: int) -> str:
    """Write a share with its Wilson interval of 95 %."""
    share, z = hits / of, 1.96
    middle = (share + z * z / (2 * of)) / (1 + z * z / of)
    reach = z * ((share * (1 - share) + z * z / (4 * of)) / of) ** 0.5 / (1 + z * z / of)
    return f"{hits} of {of} ({share:.3f}; {max(0.0, middle - reach):.3f} to {min(1.0, middle + reach):.3f})"


def _end(rng: np.random.Generator) -> str:
    return str(rng.choice(("front", "rear")))


def _drawn(count: int, first: int) -> Iterator[tuple[str, Iterator[tuple[Pixels, list[Box]]]]]:
    for number, (name, spec) in enumerate(KINDS.items()):
        yield name, _drawn_of(spec, range(first + 1_000 * number, first + 1_000 * number + count))


def _drawn_of(spec: Callable[[np.random.Generator], Spec], seeds: range) -> Iterator[tuple[Pixels, list[Box]]]:
    for seed in seeds:
        photo = draw_photo(spec(np.random.default_rng(seed)), seed, SIZE)
        yield photo.pixels, [plate.box for plate in photo.plates]


def _real(media: Path, half: str) -> Iterator[tuple[str, Iterator[tuple[Pixels, list[Box]]]]]:
    for name in ("listing_photos", "street_eu"):
        stored = json.loads((media / "plates" / name / "annotations.json").read_text())
        plates = {Path(each["file"]).name: each["boxes"] for each in stored}
        yield name, _real_of([media / "plates" / name / "images" / file for file in plates], plates, half)
    others = sorted(file for file in (media / "not_cars").iterdir() if file.suffix in (".jpg", ".jpeg", ".png"))
    yield "no vehicle", _real_of(others, {}, half)


def _real_of(files: list[Path], plates: dict[str, list[Box]], half: str) -> Iterator[tuple[Pixels, list[Box]]]:
    for file in files:
        if sha256(file.name.encode()).digest()[0] % 2 == (half == "test"):
            yield (
                cv2.cvtColor(np.asarray(cv2.imread(str(file))), cv2.COLOR_BGR2RGB).astype(np.uint8),
                plates.get(file.name, []),
            )


def _covered(plate: Box, found: Sequence[Box]) -> float:
    """Return the share of a plate that lies under the boxes together, on a grid of 40 by 40 points."""
    across, down = (np.linspace(plate[at], plate[at + 2], 40) for at in (0, 1))
    under = np.zeros((40, 40), bool)
    for x1, y1, x2, y2 in found:
        under |= ((down >= y1) & (down <= y2))[:, None] & ((across >= x1) & (across <= x2))[None]
    return float(under.mean())


if __name__ == "__main__":
    main()
