"""From samples to a price model that is on trial, recorded, and champion if it deserves it."""

from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from typing import Any

import polars as pl
from sqlalchemy.orm import Session

from core.clock import market_today
from core.db.tables import PriceModel
from core.price_models import champion
from core.storage import Storage
from models.price_bands.artifact import PriceBandModel, UnreadableArtifactError, loads
from models.price_bands.code_digest import code_digest
from models.price_bands.evaluation.drift import profile
from models.price_bands.inputs.features import build
from models.price_bands.train import FEWEST_SAMPLES, fit, market_day
from pipelines.price_bands.backtest import try_model
from pipelines.price_bands.model_repository import PriceModelRepository
from pipelines.price_bands.recording import Origin, model_card, record_version, verdict
from pipelines.price_bands.samples import is_fresh, read_exclusions, read_samples


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
    card: str = ""  # the model card as Markdown


def train_model(session: Session, storage: Storage, samples_key: str, *, actor: str = "price_training") -> TrainResult:
    """Train on the samples under a key, judge the model, record it.

    The same samples and code were trained on once already: then nothing is trained and what is recorded comes back.
    The version on record is trained on all samples; its metrics are of a twin that had not seen the newest fifth.

    Raises:
        NotFoundError: `no_samples`.
    """
    models = PriceModelRepository(session)
    models.lock_training()
    samples = read_samples(storage, samples_key)
    fresh = int(is_fresh(samples).sum())
    if fresh < FEWEST_SAMPLES:
        return TrainResult(None, "too_few_samples", samples.height, _too_few(fresh))
    digest = sha256(samples.write_csv().encode()).hexdigest()
    known = models.of_samples(digest, code_digest())
    if known is not None:
        message = f"These samples were trained on before; version {known.version} ({known.status}) stands."
        return _result(storage, known, message)
    present = champion(session)
    trial = try_model(samples, loaded(storage, present), as_of=market_today())
    as_of = market_day(samples, otherwise=market_today())
    model = fit(samples, as_of=as_of, card=_facts(samples, read_exclusions(storage, samples_key), as_of))
    replaces = present.version if present else None
    origin = Origin("trained", digest, samples.height)
    models.lock()  # only now: bands of files that come in meanwhile are computed while a model is trained
    row = record_version(models, storage, model, trial, origin, actor=actor, replaces=replaces)
    return _result(storage, row, verdict(trial, replaces))


def _result(storage: Storage, row: PriceModel, message: str) -> TrainResult:
    return TrainResult(row.version, row.status, row.samples, message, row.metrics, model_card(storage, row))


def _facts(samples: pl.DataFrame, excluded: dict[str, int], as_of: date) -> dict[str, Any]:
    """What the card says of the data: the exclusions, the days, and the profile that drift is measured against."""
    days = samples["listed_on"].drop_nulls()
    facts: dict[str, Any] = {
        "excluded": excluded,
        "inputs": profile(build(samples.filter(is_fresh(samples)), as_of=as_of)),
    }
    if len(days):
        facts |= {"first_day": str(days.min()), "last_day": str(days.max())}
    return facts


def loaded(storage: Storage, row: PriceModel | None) -> PriceBandModel | None:
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
