"""Train a price model on samples, evaluate it, record it, and make it champion if it passes the gate."""

from dataclasses import dataclass, field, replace
from datetime import date
from hashlib import sha256
from typing import Any

import polars as pl
from sqlalchemy.orm import Session

from core.clock import market_today
from core.db.tables import PriceModel
from core.prices.models import champion
from core.storage import Storage
from models.price_bands.artifact import PriceBandModel, UnreadableArtifactError, loads
from models.price_bands.code_digest import code_digest
from models.price_bands.evaluation.drift import profile
from models.price_bands.inputs.features import build
from models.price_bands.train import FEWEST_SAMPLES, fit, market_day
from pipelines.price_bands.samples.choosing import is_fresh, read_exclusions, read_samples
from pipelines.price_bands.versions.backtest import backtest
from pipelines.price_bands.versions.recording import Candidate, Origin, model_card, record_version
from pipelines.price_bands.versions.repository import PriceModelRepository


@dataclass(frozen=True)
class TrainResult:
    """The outcome of a training or a recalibration.

    `status` is champion, rejected or retired (as recorded), or too_few_samples, when there is no model at all;
    `recalibrate_model` names more.
    """

    version: str | None
    status: str
    samples: int
    message: str  # one sentence for people
    metrics: dict[str, Any] = field(default_factory=dict)  # see `Evaluation.as_json`
    card: str = ""  # the model card as Markdown


def train_model(
    session: Session,
    storage: Storage,
    samples_key: str,
    *,
    actor: str = "price_training",
    accept_levels: bool = False,
) -> TrainResult:
    """Train on the samples under a key, evaluate the model, record it.

    The same samples and code were trained on once already: then nothing is trained and what is recorded comes back.
    The version on record is trained on all samples; its metrics are of a holdout model without the newest fifth.

    Args:
        session: its transaction records the version.
        storage: where samples and artefacts stand.
        samples_key: as `build_samples` gave it.
        actor: who trains, for `price_model_events`.
        accept_levels: a person has looked at the levels that moved, and says that they are right.

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
    if known is not None and not (accept_levels and known.status == "rejected"):
        message = f"These samples were trained on before; version {known.version} ({known.status}) stands."
        return _result(storage, known, message)
    present = champion(session)
    found = backtest(samples, loaded(storage, present), as_of=market_today())
    found = replace(found, violations=()) if accept_levels else found
    as_of = market_day(samples, otherwise=market_today())
    model = fit(samples, as_of=as_of, card=_facts(samples, read_exclusions(storage, samples_key), as_of))
    origin = Origin("trained", digest, samples.height)
    candidate = Candidate(model, found, origin, present.version if present else None)
    models.lock()  # only now: bands of files that come in meanwhile are computed while a model is trained
    row = record_version(models, storage, candidate, actor=actor)
    return _result(storage, row, candidate.verdict)


def _result(storage: Storage, row: PriceModel, message: str) -> TrainResult:
    return TrainResult(row.version, row.status, row.samples, message, row.metrics, model_card(storage, row))


def _facts(samples: pl.DataFrame, excluded: dict[str, int], as_of: date) -> dict[str, Any]:
    """Collect what the card says of the data: exclusions, days, and the profile that drift is measured against."""
    days = samples["listed_on"].drop_nulls()
    facts: dict[str, Any] = {
        "excluded": excluded,
        "inputs": profile(build(samples.filter(is_fresh(samples)), as_of=as_of)),
    }
    if len(days):
        facts |= {"first_day": str(days.min()), "last_day": str(days.max())}
    return facts


def loaded(storage: Storage, row: PriceModel | None) -> PriceBandModel | None:
    """Load the champion; None where there is none or this code cannot read it, and so any successor is better."""
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
