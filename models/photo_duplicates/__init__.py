"""Recognise a photo after edits: candidates by hashes and words, proof by geometry and by what stands in its place."""

from functools import lru_cache
from importlib.metadata import version
from typing import Final

RULES: Final = 1
"""Version of hashes, features, words and thresholds."""


@lru_cache(maxsize=1)
def current_version() -> str:
    """Return what descriptions depend on; those of two versions are never compared: libraries move bits too."""
    return f"{RULES}/pillow-{version('pillow')}/opencv-{version('opencv-python-headless')}"


class VersionsDifferError(ValueError):
    """Descriptions of two versions were to be compared."""

    def __init__(self, one: str, other: str) -> None:
        super().__init__(f"Descriptions of version {one} and {other} are not compared: describe the older photo anew.")
