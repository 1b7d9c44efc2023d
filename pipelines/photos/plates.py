"""Judge image files, and find and cover their plates: decoded by the one decoder, looked at by the judging child."""

import io
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from PIL import Image

from core.errors import RetryableError
from models.photo_duplicates.description import Description
from models.photo_quality.judgement import Judgement
from pipelines.photos.developing import develop_image
from pipelines.photos.inspection import Inspected, inspect_image
from pipelines.photos.judging.worker import JudgingChild, JudgingFailedError
from pipelines.photos.object_keys import FEATURES, ORIGINAL


class PlateSearchFailedError(RetryableError):
    """The child that looks for plates ended or was ended before it answered: nothing is known of the photo."""

    code = "plate_search_failed"

    def __init__(self) -> None:
        super().__init__("The search for number plates did not finish, so the photo counts as not searched: try again.")


@dataclass(frozen=True)
class FoundPlate:
    """A plate's padded box (x1, y1, x2, y2) in pixels of the upright image as it came."""

    box: tuple[int, int, int, int]
    confidence: float


@dataclass(frozen=True)
class PlateSearch:
    """The size of the upright image, how likely it shows a vehicle (None: the car gate is off), its plates and quality.

    The boxes are in pixels of the upright image as it came. `description` is for the search of duplicates.
    """

    width: int
    height: int
    vehicle: float | None
    plates: tuple[FoundPlate, ...]
    judgement: Judgement
    description: Description


def find_plates(data: bytes, spool: Path, child: JudgingChild) -> PlateSearch:
    """Find the plates of an image file.

    Raises:
        ImageRefusedError: with the code of the reason.
        PlateSearchFailedError: the child crashed or took more than it may.
    """
    return _search(data, spool, child, "inspect")[0]


def cover_plates(data: bytes, spool: Path, child: JudgingChild) -> tuple[PlateSearch, Image.Image]:
    """Find the plates, and return the clean picture (at most 4096 pixels a side) with flat areas in their place.

    Raises:
        ImageRefusedError, PlateSearchFailedError: as `find_plates`.
    """
    search, covered = _search(data, spool, child, "blur")
    with Image.open(io.BytesIO(covered), formats=["PNG"]) as opened:
        return search, opened.convert("RGB")


def _search(data: bytes, spool: Path, child: JudgingChild, task: str) -> tuple[PlateSearch, bytes]:
    inspected = inspect_image(data)
    developed = develop_image(inspected, spool)
    width, height = _upright_size(inspected, developed.width, developed.height)
    with TemporaryDirectory(dir=spool, prefix="photo-") as name:
        folder = Path(name)
        (folder / ORIGINAL).write_bytes(developed.original)
        try:
            answer = child.ask(folder, task, size=(width, height))
        except JudgingFailedError:
            raise PlateSearchFailedError from None
        covered = (folder / "covered.png").read_bytes() if task == "blur" else b""
        description = _description(answer["description"], (folder / FEATURES).read_bytes())
    scale = (width / developed.width, height / developed.height)
    plates = tuple(FoundPlate(_scaled(each["box"], scale), each["confidence"]) for each in answer["plates"])
    judgement = Judgement(answer["score"], tuple(answer["codes"]), answer["measures"], answer["scene"])
    return PlateSearch(width, height, answer["vehicle"], plates, judgement, description), covered


def _description(made: dict[str, Any], features: bytes) -> Description:
    return Description(made["version"], made["usable"], tuple(made["hashes"]), tuple(made["words"]), features)


def _upright_size(inspected: Inspected, width: int, height: int) -> tuple[int, int]:
    """Return the size of the file's picture as it stands upright; the drawn one tells whether it was turned."""
    turned = (inspected.width > inspected.height) != (width > height) and width != height
    return (inspected.height, inspected.width) if turned else (inspected.width, inspected.height)


def _scaled(box: list[int], scale: tuple[float, float]) -> tuple[int, int, int, int]:
    x1, y1, x2, y2 = box
    return round(x1 * scale[0]), round(y1 * scale[1]), round(x2 * scale[0]), round(y2 * scale[1])
