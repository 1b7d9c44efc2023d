"""Measure how well photos are judged and recognised, and how fast: real photos of the test half, and drawn ones.

    python -m bench.photos.scores [--media ../shared/media] [--step 2] [--drawn 30] [--peer PYTHON]
        [--only quality,speed,…]

`--peer` is a Python of its own with cleanvision, imagehash and pdqhash (`python -m venv peer; peer/bin/pip install
cleanvision imagehash pdqhash`); without it their known figures are printed, named as such. The detector of cars gives
the boxes where it was fetched (`make photo-models`).
"""

import argparse
import json
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cv2
import numpy as np
from PIL import Image

from bench.photos.files import MEDIA, area_under_curve, caught, drawn_photos, planted_folders, real_photos
from core.settings import Settings
from models.photo_duplicates import current_version
from models.photo_duplicates.candidates import CandidateIndex, HashIndex
from models.photo_duplicates.describing import describe
from models.photo_duplicates.description import Box
from models.photo_duplicates.verifying import verify
from models.photo_quality.judging import judge, measure
from models.photo_quality.surroundings import Surroundings
from models.plates.text_detector import Pixels
from models.plates.vehicles import VehicleDetector, open_vehicle_detector
from models.plates.weights import CAR_FILE
from samples.photos.defects import compressed
from samples.photos.draw import Spec, draw_photo
from samples.photos.edits import draw_chain, edit

NOTHING = Surroundings(None, (), (), (), (1280, 960))
KNOWN = {"gaussian 2": ".53", "gaussian 4": ".61", "motion": ".53", "under": "0-12 %", "over": "0-12 %"}


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--media", type=Path, default=MEDIA)
    asked.add_argument("--step", type=int, default=2)
    asked.add_argument("--drawn", type=int, default=30)
    asked.add_argument("--peer", type=Path)
    asked.add_argument("--only", default="quality,speed,duplicates,bays,look-up")
    options = asked.parse_args()
    cv2.setNumThreads(1)
    photos = real_photos(options.media, options.step) + drawn_photos(options.drawn)
    print(f"{len(photos)} photos, of which {options.drawn} drawn")
    parts: dict[str, Callable[[], None]] = {
        "quality": partial(print_quality, photos, options.peer), "speed": partial(print_speed, options.peer),
        "duplicates": partial(print_duplicates, photos, options.peer), "bays": print_bays, "look-up": print_look_up,
    }  # fmt: skip
    for name in options.only.split(","):
        parts[name]()


def ask_peer(python: Path, task: str, folders: list[Path]) -> dict[str, Any]:
    """Run the peers on folders."""
    script = Path(__file__).with_name("peers.py")
    done = subprocess.run([python, script, task, *folders], capture_output=True, text=True, check=True)
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def print_quality(photos: list[Pixels], peer: Path | None) -> None:
    """Blur and exposure, each against the same photos as they are."""
    with TemporaryDirectory() as name:
        folders = planted_folders(photos, Path(name))
        ours = {each: [_signals(file) for file in files] for each, files in folders.items()}
        theirs = ask_peer(peer, "quality", [files[0].parent for files in folders.values()]) if peer else {}
    for planted in list(ours)[1:]:
        signal = "blur" if "gauss" in planted else "motion" if planted == "motion" else planted.split()[-1]
        good, bad = ([each[signal] for each in ours[kind]] for kind in ("as they are", planted))
        peers = _peer_scores(theirs, signal, ("as they are", planted)) if theirs else None
        of = area_under_curve if signal in ("blur", "motion") else caught
        known = KNOWN.get(planted, KNOWN.get(signal))
        said = f"{of(*peers):.3f}" if peers else f"{known} (known)"
        coded = np.mean([signal in each["codes"] for each in ours[planted]])
        what = "AUROC" if of is area_under_curve else "caught at 1 %"
        print(f"{planted:14} {what} ours {of(good, bad):.3f}, CleanVision {said}; named {coded:.3f}")
    false = {
        code: np.mean([code in each["codes"] for each in ours["as they are"]])
        for code in ("blur", "motion", "under", "over")
    }
    print("named on photos as they are:", {code: round(float(share), 3) for code, share in false.items()})


def _signals(file: Path) -> dict[str, Any]:
    pixels = _opened(file, 1280)
    found = judge(pixels, NOTHING)
    names = {"blurred": "blur", "moved": "motion", "underexposed": "under", "overexposed": "over"}
    told, codes = found.measures, {names[code] for code in found.codes if code in names}
    signals = {"blur": told["blur"], "motion": told["motion"], "under": -told["brightest"], "over": told["full"]}
    return signals | {"codes": codes}


def _peer_scores(theirs: dict[str, Any], signal: str, kinds: tuple[str, str]) -> list[list[float]]:
    at = {"blur": 0, "motion": 0, "under": 1, "over": 2}[signal]
    return [[-scores[at] for scores in theirs[kind.replace(" ", "_")]["scores"].values()] for kind in kinds]


def _opened(file: Path, side: int) -> Pixels:
    with Image.open(file) as opened:
        opened.draft("RGB", (side, side))
        return np.asarray(opened.convert("RGB"))


def _measured(file: Path) -> int:
    cv2.setNumThreads(1)
    measure(_opened(file, 1280), NOTHING)
    return 1


def print_speed(peer: Path | None) -> None:
    """Photos a second from files, two processes, decoding included."""
    drawn = draw_photo(Spec(), 41_000).pixels
    for label, size, count in (("1280 px", (1280, 960), 60), ("12 MP", (4000, 3000), 12)):
        with TemporaryDirectory() as name, ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
            files = [Path(name) / f"{at:03}.jpg" for at in range(count)]
            for at, file in enumerate(files):
                Image.fromarray(np.roll(cv2.resize(drawn, size), at * 7, axis=1)).save(file, quality=88)
            list(pool.map(_measured, files[:4]))
            started = time.perf_counter()
            list(pool.map(_measured, files))
            ours = count / (time.perf_counter() - started)
            theirs = count / ask_peer(peer, "quality", [Path(name)])[Path(name).name]["seconds"] if peer else None
        known = "36.5" if size[0] < 2000 else "2.3"
        beside = f"{theirs:.1f}, {ours / theirs:.1f} times" if theirs else f"{known} (known, idle machine)"
        print(f"quality pass {label}: ours {ours:.1f} photos/s, CleanVision {beside}")


@dataclass(frozen=True)
class Boxes:
    """The largest car's box of a photo, by the detector where it was fetched."""

    detector: VehicleDetector | None

    def of(self, pixels: Pixels) -> Box | None:
        """Return the box of the car; None without a car."""
        found = self.detector.look(pixels)[1] if self.detector else []
        return max((each.box for each in found), key=lambda box: (box[2] - box[0]) * (box[3] - box[1]), default=None)


def _boxes() -> Boxes:
    return Boxes(open_vehicle_detector(Settings().models_dir / CAR_FILE, threads=1))


def print_duplicates(photos: list[Pixels], peer: Path | None) -> None:
    """Found after a random chain of edits, and pairs of different photos that were proved."""
    boxes, rng = _boxes(), np.random.default_rng(17)
    chains = [draw_chain(rng) for _ in photos]
    edited = [np.ascontiguousarray(edit(each, chain, rng)) for each, chain in zip(photos, chains, strict=True)]
    originals = [describe(each, boxes.of(each)) for each in photos]
    copies = [describe(each, boxes.of(each)) for each in edited]
    index = CandidateIndex(current_version(), [str(at) for at in range(len(photos))], originals)
    named = [index.look_up(copy) if copy.usable else [] for copy in copies]
    proved = [
        [int(key) for key in keys if verify(copy, originals[int(key)])]
        for copy, keys in zip(copies, named, strict=True)
    ]
    found = np.mean([at in keys for at, keys in enumerate(proved)])
    false = [(at, key) for at, keys in enumerate(proved) for key in keys if key != at]
    first = np.mean([str(at) in keys[:20] for at, keys in enumerate(named)])
    gate = "on" if boxes.detector else "off"
    print(f"duplicates: found {found:.3f}, among the first 20 candidates {first:.3f}; car gate {gate}")
    print(f"  false {len(false)} of {len(photos) * (len(photos) - 1):,} pairs (all looked up): {false[:8]}")
    size, usable = (
        np.mean([part(each) for each in originals]) for part in (lambda d: len(d.features), lambda d: d.usable)
    )
    print(f"  a description holds {size / 1000:.1f} kB; usable {usable:.3f}")
    for name, share in (
        _peers_found(photos, edited, peer) if peer else (("pHash", 0.11), ("PDQ + flip", 0.19), ("embedding", 0.765))
    ):
        print(f"  {name}: {share:.3f}" + ("" if peer else " (known)"))


def _peers_found(photos: list[Pixels], edited: list[Pixels], peer: Path) -> Iterator[tuple[str, float]]:
    """Copies nearer to their original than the nearest two different photos are to each other: no false pair."""
    with TemporaryDirectory() as name:
        for at, (before, after) in enumerate(zip(photos, edited, strict=True)):
            Image.fromarray(before).save(Path(name) / f"{at:04}a.jpg", quality=95)
            Image.fromarray(after).save(Path(name) / f"{at:04}b.jpg", quality=95)
        hashes = ask_peer(peer, "hashes", [Path(name)])
    ours, theirs = (
        np.array([[_bits(value) for value in hashes[f"{at:04}{kind}.jpg"]] for at in range(len(photos))], object)
        for kind in "ab"
    )
    for label, columns in (("pHash", (0,)), ("PDQ + flip", (1, 2))):
        base = np.stack(list(ours[:, columns[0]]))
        away = np.min([(np.stack(list(theirs[:, column]))[:, None] != base[None]).sum(2) for column in columns], axis=0)
        own = np.diag(away).copy()
        np.fill_diagonal(away, 999)
        yield label, float((own < away.min()).mean())


def _bits(value: str) -> np.ndarray:
    return (
        np.array([int(each) for each in value])
        if len(value) > 64
        else np.array([int(each) for each in f"{int(value, 16):064b}"])
    )


def print_bays() -> None:
    """Print how often two cars in one bay, at the same place and in the same light, are taken for one."""
    boxes, pairs, called = _boxes(), 60, 0
    for at in range(pairs):
        spec = Spec(view=("front", "side", "rear")[at % 3], bay=700 + at, tilt=0.0, light="day")
        one, other = (
            compressed(draw_photo(replace(spec, car=9_000 + 2 * at + car), 60_000 + at).pixels, 88) for car in (0, 1)
        )
        called += verify(describe(one, boxes.of(one)), describe(other, boxes.of(other))) is not None
    print(f"same bay, other car: {called} of {pairs} called the same ({called / pairs:.3f}; known .035 inside the box)")


def print_look_up() -> None:
    """One hash among a million, against the full comparison."""
    rng = np.random.default_rng(3)
    hashes = rng.integers(0, 1 << 63, 1_000_000, dtype=np.uint64) * np.uint64(2)
    index = HashIndex(hashes)
    asked = [int(hashes[row]) ^ 0b1010001 for row in range(0, 400_000, 2_000)]
    timings = []
    for look in (index.near, lambda value: np.flatnonzero(np.bitwise_count(hashes ^ np.uint64(value)) <= 7)):
        started = time.process_time()
        for value in asked:
            look(value)
        timings.append((time.process_time() - started) / len(asked) * 1000)
    print(
        f"look-up in 1 M hashes: {timings[0]:.2f} ms CPU, {index.bytes / 1e6:.0f} MB; all by numpy {timings[1]:.2f} ms"
    )


if __name__ == "__main__":
    main()
