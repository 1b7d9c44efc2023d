"""The price model as one value, and as bytes: a zip of JSON, arrays and LightGBM's own text.

No pickle: reading an artefact runs no code of its writer. The bytes of equal models are equal (fixed times, fixed
order), so a digest identifies a model.
"""

import io
import json
import zipfile
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import PermanentError
from models.price_bands.boosting.regressor import Regression
from models.price_bands.calibrate import Calibration
from models.price_bands.comparables.bands import Comparables
from models.price_bands.level.correction import Level

CODE_VERSION = 8
"""To be raised whenever older artefacts would be read wrongly: they are refused, and training again is advised."""

_PARTS: dict[str, Any] = {"comparables": Comparables, "regression": Regression, "calibration": Calibration,
                          "level": Level}  # fmt: skip
_MANIFEST = "manifest.json"
_FIXED_TIME = (1980, 1, 1, 0, 0, 0)


class UnreadableArtifactError(PermanentError):
    """The artefact is damaged or of another code version; training again makes a new one."""

    code = "unreadable_price_model"


@dataclass(frozen=True)
class PriceBandModel:
    """A trained model: the regression, where there were enough samples for one, and the comparables.

    `as_of` is the newest day that training saw: the day on which a car without a date is valued.
    `level` corrects for how the market has moved since the regression was trained; only recalibration sets it.
    `card` is the model card: data digest, code digest, exclusions, metrics by segment (see `model_card.render`).
    """

    as_of: date
    comparables: Comparables
    regression: Regression | None = None
    calibration: Calibration | None = None
    card: dict[str, Any] = field(default_factory=dict)
    level: Level | None = None


def dumps(bundle: PriceBandModel) -> bytes:
    """Write a model as bytes."""
    parts: dict[str, Any] = {}
    arrays: dict[str, NDArray[Any]] = {}
    for name in _PARTS:
        part = getattr(bundle, name)
        if part is not None:
            parts[name], found = part.state()
            arrays |= {f"{name}/{key}": value for key, value in found.items()}
    manifest = {"code_version": CODE_VERSION, "as_of": bundle.as_of.isoformat(), "card": bundle.card, "parts": parts}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        _write(archive, _MANIFEST, json.dumps(manifest, sort_keys=True).encode())
        for key in sorted(arrays):
            with io.BytesIO() as array:
                np.save(array, arrays[key], allow_pickle=False)
                _write(archive, f"{key}.npy", array.getvalue())
    return buffer.getvalue()


def loads(data: bytes) -> PriceBandModel:
    """Read the model that `dumps` wrote.

    Raises:
        UnreadableArtifactError: the bytes are damaged, or were written by another code version.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            manifest = json.loads(archive.read(_MANIFEST))
            version = manifest["code_version"]
            if version == CODE_VERSION:
                return _assembled(manifest, archive)
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, EOFError) as error:
        raise UnreadableArtifactError(
            "The price model's artefact is damaged: run `automart price-bands train` for a new one."
        ) from error
    raise UnreadableArtifactError(
        f"The price model was written by code version {version}, this code reads {CODE_VERSION}: "
        "run `automart price-bands train` for a new one."
    )


def _assembled(manifest: dict[str, Any], archive: zipfile.ZipFile) -> PriceBandModel:
    arrays: dict[str, dict[str, NDArray[Any]]] = {name: {} for name in manifest["parts"]}
    for name in archive.namelist():
        if name != _MANIFEST:
            part, _, key = name.removesuffix(".npy").partition("/")
            arrays[part][key] = np.load(io.BytesIO(archive.read(name)), allow_pickle=False)
    parts = manifest["parts"]
    built: dict[str, Any] = {name: _PARTS[name].from_state(parts[name], arrays[name]) for name in parts}
    return PriceBandModel(as_of=date.fromisoformat(manifest["as_of"]), card=manifest["card"], **built)


def _write(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    archive.writestr(zipfile.ZipInfo(name, date_time=_FIXED_TIME), data, compress_type=zipfile.ZIP_DEFLATED)
