"""Keep the car detector's file, which stands inside a package of npm."""

import re
import tarfile
from pathlib import Path

from core.errors import InvalidInputError
from models.plates.weights import CAR_FILE, WeightsMissingError, check_car_file

_ASSETS = "package/objectron_solution_packed_assets"


class WrongModelPackageError(InvalidInputError):
    """The package is not the pinned one, or holds another detector."""

    code = "wrong_model_package"

    def __init__(self) -> None:
        super().__init__("This is not the package with the pinned detector of cars: run `make photo-models`.")


def keep_car_model(package: Path, folder: Path) -> Path:
    """Take the detector out of the package's packed assets, compare its digest, and write it into the folder.

    Raises:
        WrongModelPackageError: it is another file; nothing is written.
    """
    try:
        with tarfile.open(package, "r:gz") as archive:
            loader, assets = (_read(archive, _ASSETS + end) for end in ("_loader.js", ".data"))
        place = re.search(rb'ssd_mobilenetv2_oidv4_fp16\.tflite", "start": (\d+), "end": (\d+)', loader)
        if place is None:
            raise WrongModelPackageError
        data = assets[int(place[1]) : int(place[2])]
        check_car_file(data)
    except (tarfile.TarError, EOFError, KeyError, WeightsMissingError):
        raise WrongModelPackageError from None
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f"{CAR_FILE}.part"
    part.write_bytes(data)
    return part.replace(folder / CAR_FILE)


def _read(archive: tarfile.TarFile, name: str) -> bytes:
    opened = archive.extractfile(name)
    if opened is None:
        raise KeyError(name)
    return opened.read()
