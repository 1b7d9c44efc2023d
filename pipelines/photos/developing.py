"""Make the clean original and the variants of an image, in a child process with limits of memory and time."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from core.processes.limited_child import ChildLimits, child_answer
from pipelines.photos.errors import ImageDamagedError, ImageTooCostlyError
from pipelines.photos.inspection import Inspected

MEMORY_BYTES = 288_000_000
"""Address space of the child, Python and the decoders' libraries included (29 MB)."""
CPU_SECONDS = 20
_MOST_WRITTEN = 64_000_000
_WALL_SECONDS = 90.0  # on a machine that is busy with other things
VERSION = 1
"""Version of sizes, formats and qualities. Contents of another version can be made again."""


@dataclass(frozen=True)
class Variant:
    """An image that can be shown; `name` is that of its object, `size` the longest side it was made for."""

    name: str
    size: int
    width: int
    height: int
    data: bytes


@dataclass(frozen=True)
class Developed:
    """The clean original (JPEG, at most 4096 pixels a side) and the variants, the smallest first."""

    width: int
    height: int
    original: bytes
    variants: tuple[Variant, ...]


def develop_image(image: Inspected, spool: Path) -> Developed:
    """Decode an inspected image and draw it anew.

    Args:
        image: as `inspect_image` found it.
        spool: a folder for the moment.

    Raises:
        ImageDamagedError: it does not decode.
        ImageTooCostlyError: it took more memory or time than it may; the child was ended.
    """
    spool.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=spool, prefix="photo-") as name:
        folder = Path(name)
        (folder / "image").write_bytes(image.data)
        made = _made(folder, image.kind)
        variants = tuple(Variant(**one, data=(folder / one["name"]).read_bytes()) for one in made["variants"])
        return Developed(made["width"], made["height"], (folder / "original.jpg").read_bytes(), variants)


def _made(folder: Path, kind: str) -> dict[str, Any]:
    limits = ChildLimits(MEMORY_BYTES, CPU_SECONDS, _MOST_WRITTEN, _WALL_SECONDS)
    made = child_answer("pipelines.photos.decoder_process", folder, limits, kind)
    if made is None or made.get("refused") == "costly":
        raise ImageTooCostlyError
    if "refused" in made:
        raise ImageDamagedError
    return made
