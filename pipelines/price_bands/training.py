"""From samples to a price model that is on trial, recorded, and champion if it deserves it."""

from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import polars as pl
from sqlalchemy.orm import Session

from core.clock import market_today
from core.db.tables import PriceModel
from core.price_models import champion
from core.storage import Storage
from models.price_bands.artifact import CODE_VERSION, PriceBandModel, UnreadableArtifactError, dumps, loads
from models.price_bands.train import FEWEST_SAMPLES, fit, market_day
from pipelines.price_bands.repository import PriceModelRepository
from pipelines.price_bands.samples import read_samples
from pipelines.price_bands.trial import Trial, try_model


@dataclass(frozen=True)
class TrainResult:
    """What came of a training.

    `status` is champion, rejected or retired (as recorded), or too_few_samples, when there is no model at all.
    """

    version: str | None
    status: str
    samples: int
    message: str  # one sentence for people
    metrics: dict[str, Any] = field(default_factory=dict)  # see `Trial.as_json`


def train_model(session: Session, storage: Storage, samples_key: str) -> TrainResult:
    """Train on the samples under a key, judge the model, record it.

    The same samples and code were trained on once already: then nothing is trained and what is recorded comes back.
    The version on record is trained on all samples; its metrics are of a twin that had not seen the newest fifth.

    Raises:
        NotFoundError: `no_samples`.
    """
    models = PriceModelRepository(session)
    models.lock()
    samples = read_samples(storage, samples_key)
    if samples.height < FEWEST_SAMPLES:
        return TrainResult(None, "too_few_samples", samples.height, _too_few(samples.height))
    digest = sha256(samples.write_csv().encode()).hexdigest()
    known = models.of_samples(digest, CODE_VERSION)
    if known is not None:
        message = f"These samples were trained on before; version {known.version} ({known.status}) stands."
        return TrainResult(known.version, known.status, known.samples, message, known.metrics)
    present = champion(session)
    trial = try_model(samples, _loaded(storage, present), as_of=market_today())
    return _record(models, storage, samples, digest, trial, replaces=present)


def _record(
    models: PriceModelRepository,
    storage: Storage,
    samples: pl.DataFrame,
    digest: str,
    trial: Trial,
    *,
    replaces: PriceModel | None,
) -> TrainResult:
    metrics = trial.as_json()
    as_of = market_day(samples, otherwise=market_today())
    card = {"data_digest": digest, "samples": samples.height, "metrics": metrics}
    data = dumps(fit(samples, as_of=as_of, card=card))
    version = f"{as_of:%Y%m%d}-{sha256(data).hexdigest()[:10]}"
    key = f"price_bands/models/{version}.zip"
    storage.put(key, data)
    row = PriceModel(
        version=version,
        status="rejected" if trial.worse_than else "champion",
        storage_key=key,
        data_digest=digest,
        code_version=CODE_VERSION,
        samples=samples.height,
        metrics=metrics,
    )
    models.add(row)
    return TrainResult(version, row.status, samples.height, _verdict(trial, replaces), metrics)


def _loaded(storage: Storage, row: PriceModel | None) -> PriceBandModel | None:
    """The champion; None where there is none or this code cannot read it, and so any successor is better."""
    if row is None:
        return None
    try:
        return loads(storage.get(row.storage_key))
    except UnreadableArtifactError:
        return None


def _too_few(count: int) -> str:
    return (
        f"{count} priced cars are too few for a model ({FEWEST_SAMPLES} are needed): "
        "bands come from comparables until there are more."
    )


def _verdict(trial: Trial, replaces: PriceModel | None) -> str:
    ours, plain = trial.metrics, trial.heuristic
    errors = f"median error {ours.median_ape:.1%} (the plain median by make, model and year: {plain.median_ape:.1%})"
    if trial.worse_than:
        stays = f"version {replaces.version} stays champion" if replaces else "there is still no champion"
        return f"Rejected: worse than the {trial.worse_than} beyond noise, {errors}; {stays}."
    replaced = f" in place of {replaces.version}" if replaces else ""
    return f"New champion{replaced}: {errors}."
