"""Put a photo into the light of its hour, and give it what a phone's camera adds."""

from typing import Final

import cv2
import numpy as np

from samples.photos.canvas import Pixels

LIGHTS: Final = ("day", "overcast", "dusk", "night", "showroom")
_TINTS: Final = {
    "day": (1.04, 1.0, 0.95), "overcast": (0.92, 0.95, 1.0), "dusk": (0.9, 0.72, 0.62), "night": (0.34, 0.34, 0.42),
    "showroom": (1.05, 1.0, 0.9),
}  # fmt: skip


def lit(pixels: Pixels, light: str, rng: np.random.Generator) -> Pixels:
    """Return the picture in a light, with a slight fall-off to one side, noise, and a lens that is not quite sharp."""
    height, width = pixels.shape[:2]
    slope = rng.uniform(-0.16, 0.16, 2)
    across = np.linspace(-1, 1, width, dtype=np.float32)[None, :] * slope[0]
    down = np.linspace(-1, 1, height, dtype=np.float32)[:, None] * slope[1]
    fall = (1 + across + down)[..., None] * np.asarray(_TINTS[light], np.float32) * np.float32(rng.uniform(0.94, 1.06))
    if light == "night":
        x, y = rng.uniform(0.3, 0.7), rng.uniform(0.5, 0.8)
        far = (np.linspace(0, 1, width)[None, :] - x) ** 2 + (np.linspace(0, 1, height)[:, None] - y) ** 2
        fall = fall * (1 + 1.5 * np.exp(-far / 0.06))[..., None].astype(np.float32)
    soft = cv2.GaussianBlur(pixels, (0, 0), 0.55)
    small = rng.standard_normal((height // 2 + 1, width, 1), dtype=np.float32)
    noise = np.concatenate([small, small[::-1, ::-1]])[:height] * (4.5 if light == "night" else 2.0)
    seen: Pixels = np.clip(soft * fall + noise, 0, 255).astype(np.uint8)
    return seen
