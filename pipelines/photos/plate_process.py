"""Find the plates of one clean picture, judge and describe it, in a process of its own with little memory and time.

Started by `pipelines.photos.plates` as `python -m`. It reads `original.jpg` of the folder, which the decoder's child
has drawn, and writes `plates.json`, and `covered.png` where that is asked for. The text of plates is never read; of
other text it is only kept whether it is a number to call.
"""

import json
import os
import resource
import sys
from dataclasses import asdict
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from models.photo_duplicates.describing import describe
from models.photo_duplicates.description import Description
from models.photo_quality.contact import shows_contact
from models.photo_quality.judgement import Judgement
from models.photo_quality.judging import judge
from models.photo_quality.surroundings import Surroundings
from models.plates.finding import Findings, PlateFinder
from models.plates.recogniser import TextRecogniser
from models.plates.replacing import replace_areas
from models.plates.text_detector import Pixels
from models.plates.vehicles import open_vehicle_detector


def main() -> int:
    """Take the folder, the car detector's file, `find` or `cover`, bytes of memory, seconds of CPU, the file's size."""
    folder, car_file, task, memory, seconds, width, height = (
        Path(sys.argv[1]),
        Path(sys.argv[2]),
        sys.argv[3],
        *map(int, sys.argv[4:8]),
    )
    os.nice(5)
    for name, most in {resource.RLIMIT_AS: memory, resource.RLIMIT_CPU: seconds, resource.RLIMIT_CORE: 0}.items():
        resource.setrlimit(name, (most, most))
    cv2.setNumThreads(1)
    with Image.open(folder / "original.jpg", formats=["JPEG"]) as opened:
        pixels = np.asarray(opened.convert("RGB"))
    found = PlateFinder(open_vehicle_detector(car_file)).find(pixels)
    plates = [{"box": list(plate.box), "confidence": plate.confidence} for plate in found.plates]
    described = describe(pixels, max((each.box for each in found.vehicles), key=_area, default=None))
    (folder / "features").write_bytes(described.features)
    judged = asdict(_judged(pixels, found, (width, height)))
    if task == "cover":
        Image.fromarray(replace_areas(pixels, (plate.box for plate in found.plates))).save(folder / "covered.png")
    (folder / "plates.json").write_text(
        json.dumps({"plates": plates, "vehicle": found.vehicle, "judgement": judged, "description": _facts(described)})
    )
    return 0


def _facts(described: Description) -> dict[str, object]:
    return {name: getattr(described, name) for name in ("version", "usable", "hashes", "words")}


def _area(box: tuple[float, float, float, float]) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def _judged(pixels: Pixels, found: Findings, size: tuple[int, int]) -> Judgement:
    """Judge the picture; the recogniser is opened only where there is a line for it, and then once."""
    recogniser = cache(TextRecogniser)
    contact = shows_contact(pixels, found, lambda line: recogniser().read(line))
    return judge(pixels, Surroundings.of(found, size, contact=contact))


if __name__ == "__main__":
    sys.exit(main())
