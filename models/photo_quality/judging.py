"""Judge one photo: measure it, and take points off for each fault by how bad it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from models.photo_quality import exposure, grain, tilt
from models.photo_quality.advice import ADVICE
from models.photo_quality.exposure import Exposure, measure_exposure
from models.photo_quality.framing import SEAM_FROM, SEAM_WORST, Framing, measure_framing
from models.photo_quality.judgement import Judgement, Scene
from models.photo_quality.lettering import Lettering, measure_lettering
from models.photo_quality.scenes import Looks, guess_scene, largest_share, measure_looks
from models.photo_quality.sharpness import Grey, Sharpness, measure_sharpness
from models.photo_quality.surroundings import Surroundings
from models.plates.text_detector import Pixels
from models.plates.vehicles import largest_box

WORK_SIDE, FRAME_SIDE, SMALL_SIDE = 1280, 480, 320
BLUR_FROM, BLUR_WORST = 0.5, 1.0
RESOLUTION_FROM, RESOLUTION_WORST = 900, 300
"""Longest side of the file in pixels: a fault from here down."""
CAR_FROM, CAR_WORST = 0.16, 0.05
"""Share of the picture that the car takes."""
NIGHT_FROM, NIGHT_WHOLLY = 0.016, 0.032
"""Noise by brightness: a photo that is dark and grainy was taken at night."""
NIGHT_SPARED: Final = 0.75
_EDGE: Final = 0.004
_NO_PHOTOS: Final = {"paper": "document", "plain": "plain"}
"""Scenes that are no photos of a car at all: nothing else is said of them."""


@dataclass(frozen=True)
class Measures:
    """All that was measured on one photo."""

    sharpness: Sharpness
    exposure: Exposure
    noise: float
    blocks: float
    tilt: float
    framing: Framing
    looks: Looks
    lettering: Lettering


def judge(pixels: Pixels, seen: Surroundings) -> Judgement:
    """Judge upright RGB pixels. `seen` has what was found in these very pixels."""
    measures = measure(pixels, seen)
    size = (pixels.shape[1], pixels.shape[0])
    scene = guess_scene(measures.looks, measures.lettering, seen)
    severities = _of_pixels(measures, seen) | _of_contents(measures, scene, seen, size)
    if scene in _NO_PHOTOS:
        severities = {code: severity * (code == _NO_PHOTOS[scene]) for code, severity in severities.items()}
    return _judgement(severities, measures, scene)


def measure(pixels: Pixels, seen: Surroundings) -> Measures:
    """Measure a photo at the sizes that each measure needs."""
    grey: Grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.uint8, copy=False)
    work = fitted(grey, WORK_SIDE)
    frame = fitted(work, FRAME_SIDE)
    framing = measure_framing(frame)
    whole = work
    work, frame = framing.inside(work), framing.inside(frame)
    small = framing.inside(fitted(pixels, SMALL_SIDE))
    small_grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.uint8, copy=False)
    return Measures(
        sharpness=measure_sharpness(work),
        exposure=measure_exposure(small, small_grey),
        noise=grain.measure_noise(work),
        blocks=grain.measure_blocks(grey),
        tilt=tilt.measure_tilt(frame),
        framing=framing,
        looks=measure_looks(small, small_grey),
        lettering=measure_lettering(whole, seen.other_texts(), whole.shape[1] / pixels.shape[1]),
    )


def fitted(pixels: Pixels, side: int) -> Pixels:
    """Shrink a picture to at most `side` pixels on its longer side; a smaller one stays as it is."""
    height, width = pixels.shape[:2]
    scale = side / max(height, width)
    if scale >= 1:
        return pixels
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


def ramp(value: float, fault_from: float, worst: float) -> float:
    """Return 0 up to where the fault begins and 1 from its worst on, in a straight line between."""
    return min(1.0, max(0.0, (value - fault_from) / (worst - fault_from)))


def _of_pixels(measures: Measures, seen: Surroundings) -> dict[str, float]:
    sharp, light, framing = measures.sharpness, measures.exposure, measures.framing
    return {
        "blurred": ramp(sharp.focus, BLUR_FROM, BLUR_WORST),
        "moved": ramp(sharp.motion, BLUR_FROM, BLUR_WORST),
        "underexposed": ramp(light.brightest, exposure.DIM_FROM, exposure.DIM_WORST) * _by_day(measures),
        "overexposed": ramp(light.full, exposure.FULL_FROM, exposure.FULL_WORST),
        "low_resolution": ramp(max(seen.file_size), RESOLUTION_FROM, RESOLUTION_WORST),
        "noisy": ramp(measures.noise, grain.NOISE_FROM, grain.NOISE_WORST),
        "jpeg_damage": ramp(measures.blocks, grain.BLOCKS_FROM, grain.BLOCKS_WORST),
        "tilted": ramp(abs(measures.tilt), tilt.TILT_FROM, tilt.TILT_WORST),
        "screenshot": float(framing.is_screenshot),
        "collage": ramp(framing.seam, SEAM_FROM, SEAM_WORST),
        "banner": float(framing.has_banner),
        "border": float(framing.has_border and not framing.is_screenshot),
    }


def _of_contents(measures: Measures, scene: Scene, seen: Surroundings, size: tuple[int, int]) -> dict[str, float]:
    share = largest_share(seen, size)
    off = {"document": float(scene == "paper"), "plain": float(scene == "plain")}
    is_car = scene == "exterior" and share > 0
    return off | {
        "no_vehicle": float(scene == "other" and seen.vehicle is not None),
        "vehicle_small": ramp(share, CAR_FROM, CAR_WORST) if is_car else 0.0,
        "vehicle_cut_off": float(is_car and _is_cut_off(seen, size)),
        "contact_text": float(seen.contact),
        "watermark": float(measures.lettering.laid_over > 0 and not measures.framing.has_banner and not seen.contact),
    }


def _by_day(measures: Measures) -> float:
    """Return what darkness counts for: at night a camera amplifies the little light there is, and its noise too."""
    grainy = measures.noise / max(measures.exposure.brightest, 1.0)
    return 1 - NIGHT_SPARED * ramp(grainy, NIGHT_FROM, NIGHT_WHOLLY)


def _is_cut_off(seen: Surroundings, size: tuple[int, int]) -> bool:
    """Tell whether the largest vehicle's box ends at the left or right edge, or at both the upper and the lower one."""
    box = largest_box(seen.vehicles)
    if box is None:
        return False
    x1, y1, x2, y2 = box
    width, height = size
    sides = (x1 <= _EDGE * width) + (x2 >= (1 - _EDGE) * width)
    return sides == 1 or (y1 <= _EDGE * height and y2 >= (1 - _EDGE) * height)


def _judgement(severities: Mapping[str, float], measures: Measures, scene: Scene) -> Judgement:
    lost = {code: ADVICE[code].points * severity for code, severity in severities.items()}
    named = sorted((code for code in lost if lost[code] >= 1), key=lambda code: -lost[code])
    score = round(max(0.0, 100 - sum(lost[code] for code in named)))
    dark, bright = severities["underexposed"], severities["overexposed"]
    told = {
        "blur": measures.sharpness.focus,
        "motion": measures.sharpness.motion,
        "exposure": max(dark, bright),
        "brightest": measures.exposure.brightest,
        "full": measures.exposure.full,
        "noise": measures.noise,
        "blocks": measures.blocks,
        "tilt": measures.tilt,
        "flat": measures.looks.flat,
    }
    return Judgement(score, tuple(named), {name: round(value, 4) for name, value in told.items()}, scene)
