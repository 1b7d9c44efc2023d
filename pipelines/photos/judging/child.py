"""Judge, describe, cover and compare clean pictures one after the other, in a process with little memory and time.

Started by `pipelines.photos.judging.worker` as `python -m`, and kept: opening the engines takes longer than judging a
photo. Each line of standard input is a request, each answer one line. It reads `original.jpg` of a folder, which the
decoder's child has drawn, and writes variants beside it. Text is read only to tell plates and numbers to call from
other text, and is never kept. Files that people name and listings' photos are judged by the same process.
"""

import json
import os
import resource
import signal
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

import cv2
import numpy as np
from PIL import Image

from models.photo_backgrounds.grabcut import clean_background
from models.photo_duplicates import current_version
from models.photo_duplicates.describing import describe
from models.photo_duplicates.description import Description
from models.photo_duplicates.postings import sought_tokens, tokens_of
from models.photo_duplicates.verifying import verify
from models.photo_quality.contact import shows_contact
from models.photo_quality.judgement import Judgement
from models.photo_quality.judging import judge
from models.photo_quality.surroundings import Surroundings
from models.plates.finding import Findings, PlateFinder
from models.plates.replacing import replace_areas
from models.plates.text_detector import Pixels
from models.plates.vehicles import largest_box, open_vehicle_detector
from pipelines.photos.decoder_process import write_variants
from pipelines.photos.object_keys import FEATURES, ORIGINAL


class Judge:
    """The engines, opened once."""

    def __init__(self, car_file: Path) -> None:
        self._finder = PlateFinder(open_vehicle_detector(car_file))

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Do one task in the request's folder.

        `judge` finds, judges and describes, and writes covered variants; `inspect` writes none, `blur` the covered
        picture as `covered.png`; `cover` writes variants with the given boxes replaced; `clean` writes variants with a
        clean background, `cleaned` those of a picture that somebody else cleaned; `compare` compares `features` with
        the other files.
        """
        folder, task = Path(request["folder"]), request["task"]
        if task == "compare":
            return {"evidence": compared(folder)}
        with Image.open(folder / ORIGINAL, formats=["JPEG"]) as opened:
            pixels: Pixels = np.asarray(opened.convert("RGB"))
        if task in ("clean", "cleaned"):
            return {"variants": self._cleaned(pixels, folder, begin=task == "clean")}
        if task == "cover":
            write_covered(pixels, request["boxes"], folder)
            return {}
        found = self._finder.find(pixels)
        boxes = [plate.box for plate in found.plates]
        if task == "judge":
            write_covered(pixels, boxes, folder)
        elif task == "blur":
            Image.fromarray(replace_areas(pixels, boxes)).save(folder / "covered.png")
        contact = shows_contact(pixels, found, self._finder.read)
        size = tuple(request["size"] or (pixels.shape[1], pixels.shape[0]))
        judged = judge(pixels, Surroundings.of(found, (size[0], size[1]), contact=contact))
        return judged_facts(found, judged) | {"description": written_description(pixels, found, folder)}

    def _cleaned(self, pixels: Pixels, folder: Path, *, begin: bool) -> list[dict[str, Any]]:
        """Write variants with a clean background, whatever looks like a plate covered; none without a vehicle."""
        found = self._finder.find(pixels)
        if begin:
            box = largest_box(found.vehicles)
            cleaned = None if box is None else clean_background(pixels, box)
            if cleaned is None:
                return []
            pixels = cleaned
        covered = replace_areas(pixels, [plate.box for plate in found.plates])
        return write_variants(Image.fromarray(covered), folder)


def judged_facts(found: Findings, judged: Judgement) -> dict[str, Any]:
    """Return what was found as JSON."""
    plates = [{"box": [int(side) for side in plate.box], "confidence": plate.confidence} for plate in found.plates]
    return {
        "vehicle": found.vehicle,
        "plates": plates,
        "score": judged.score,
        "codes": list(judged.codes),
        "measures": dict(judged.measures),
        "scene": judged.scene,
    }


def written_description(pixels: Pixels, found: Findings, folder: Path) -> dict[str, Any]:
    """Write what proves duplicates as `features`, and return what finds candidates."""
    made = describe(pixels, largest_box(found.vehicles))
    (folder / FEATURES).write_bytes(made.features)
    return {
        "version": made.version, "usable": made.usable, "hashes": list(made.hashes), "words": list(made.words),
        "tokens": tokens_of(made), "sought": sought_tokens(made),
    }  # fmt: skip


def compared(folder: Path) -> list[dict[str, Any] | None]:
    """Return the evidence that `features` and each of the files `0`, `1`, … are of one photo."""
    one = _stored(folder / FEATURES)
    count = sum(1 for file in folder.iterdir() if file.name.isdigit())
    proved = [verify(one, _stored(folder / str(number))) for number in range(count)]
    return [None if evidence is None else asdict(evidence) for evidence in proved]


def _stored(features: Path) -> Description:
    """Return a description with its proof alone; whoever asks has compared the versions."""
    return Description(current_version(), usable=True, hashes=(), words=(), features=features.read_bytes())


def write_covered(pixels: Pixels, boxes: list[Any], folder: Path) -> None:
    """Write the variants of the picture with these areas replaced; none where nothing is to be covered."""
    if boxes:
        write_variants(Image.fromarray(replace_areas(pixels, [tuple(box) for box in boxes])), folder)


def main() -> int:
    """Take the car detector's file, bytes of memory, and seconds of CPU for each request."""
    car_file, memory, seconds = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    os.nice(5)
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    cv2.setNumThreads(1)
    out = own_output()
    judge = Judge(car_file)
    for line in sys.stdin:
        limit_cpu(seconds)
        try:
            answer = judge.answer(json.loads(line))
        except Exception as error:  # noqa: BLE001  # decoders and engines raise whatever they like
            answer = {"failed": type(error).__name__}
        out.write(json.dumps(answer) + "\n")
        out.flush()
    return 0


def own_output() -> TextIO:
    """Return standard output for answers alone: whatever a library prints goes nowhere."""
    out = os.fdopen(os.dup(1), "w")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    return out


def limit_cpu(seconds: int) -> None:
    """Limit the CPU time of this process to `seconds` more, until the next request; SIGPROF ends it then.

    A timer counts from now on. RLIMIT_CPU counts from the start of the process, in ticks, and what `getrusage` says was
    used is scaled to what the scheduler measured: over hundreds of photos the two part by more than a photo may take.
    """
    signal.setitimer(signal.ITIMER_PROF, seconds)


if __name__ == "__main__":
    sys.exit(main())
