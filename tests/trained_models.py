"""Price models for tests, each trained once a run."""

from datetime import date
from hashlib import sha256
from pathlib import Path

import polars as pl

from models.price_bands.artifact import PriceBandModel, dumps, loads
from models.price_bands.boosting.cross_fitting import FoldPlan
from models.price_bands.code_digest import code_digest
from models.price_bands.train import fit
from tests.made_once import made_once


class TrainedModels:
    """Artefacts by the digest of their training frame, folds, day and code."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def artefact(self, frame: pl.DataFrame, *, as_of: date) -> bytes:
        """Train on the frame, or read what was trained on an equal one in this run."""
        content = sha256(f"{as_of} {code_digest()} {FoldPlan.of(frame.height)} {frame.schema}".encode())
        content.update(frame.write_ndjson().encode())
        path = self._folder / f"price-model-{content.hexdigest()}.zip"
        return made_once(path, lambda: dumps(fit(frame, as_of=as_of)))

    def model(self, frame: pl.DataFrame, *, as_of: date) -> PriceBandModel:
        """Load the model of the frame, as a champion is loaded."""
        return loads(self.artefact(frame, as_of=as_of))
