"""Recalibrate between trainings: the champion's trees at the level and width of the latest ads, as a new version."""

from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any

import polars as pl
from sqlalchemy.orm import Session

from core.clock import market_today
from core.db.tables import PriceModel
from core.prices.models import champion
from core.storage import Storage
from models.price_bands.artifact import PriceBandModel, loads
from models.price_bands.evaluation.monitoring import measure_model
from models.price_bands.predict import predict_bands
from models.price_bands.recalibrate import FEWEST_FRESH, recalibrate
from models.price_bands.train import market_day
from pipelines.price_bands.coverage_rules import coverage_problems, level_problem
from pipelines.price_bands.monitoring import fresh_samples, input_warnings, level_warnings, price_warnings
from pipelines.price_bands.versions.backtest import Champion, Evaluation, Split, evaluate
from pipelines.price_bands.versions.recording import Candidate, Origin, model_card, record_version
from pipelines.price_bands.versions.repository import PriceModelRepository
from pipelines.price_bands.versions.training import TrainResult

_TEST_SHARE = 0.4
"""The newest ads test a holdout model with the level of the ones before; the version on record learns from all."""


@dataclass(frozen=True)
class _Task:
    """The champion; the ads newer than it, oldest first; all ads that may be comparables; new ads left out."""

    present: PriceModel
    model: PriceBandModel
    fresh: pl.DataFrame
    market: pl.DataFrame
    excluded: pl.DataFrame

    def result(self, status: str, message: str) -> TrainResult:
        """Report a recalibration that was not made: the champion stays, and nothing is recorded."""
        return TrainResult(self.present.version, status, self.fresh.height, message)


def recalibrate_model(session: Session, storage: Storage, *, actor: str = "price_recalibration") -> TrainResult:
    """Recalibrate the champion where the market has left its bands, and send the result through the promotion gate.

    `status` is champion or rejected (recorded), or, with nothing recorded: no_model, too_few_samples, not_needed,
    inputs_drifted (the new ads are of other cars, or leave columns out), levels_implausible (a make, a model or a feed
    moved by more than it may). The message names the columns, the makes and models, and the feed.
    """
    models = PriceModelRepository(session)
    models.lock_training()
    present = champion(session)
    if present is None:
        return TrainResult(None, "no_model", 0, "There is no price model to recalibrate.")
    task = _Task(present, loads(storage.get(present.storage_key)), *fresh_samples(session, present))
    refused = _refusal(task)
    if refused is not None:
        return refused
    candidate = _candidate(task)
    models.lock()
    row = record_version(models, storage, candidate, actor=actor)
    card = model_card(storage, row)
    return TrainResult(row.version, row.status, task.fresh.height, candidate.verdict, row.metrics, card)


def _refusal(task: _Task) -> TrainResult | None:
    """Say why nothing is recalibrated; None where it is needed and the ads can be trusted."""
    version, count = task.present.version, task.fresh.height
    if task.model.regression is None or count < FEWEST_FRESH / (1 - _TEST_SHARE):
        message = f"{count} ads are newer than {version}: too few to learn its level and width from."
        return task.result("too_few_samples", message)
    accuracy = measure_model(task.model, task.fresh, task.market).accuracy
    if not [*coverage_problems(accuracy), *level_problem(accuracy)]:
        message = f"{version} keeps its promises on {count} newer ads: nothing to recalibrate."
        return task.result("not_needed", message)
    for status, problems in (
        ("inputs_drifted", input_warnings(task.model, task.fresh)),
        ("levels_implausible", level_warnings(task.model, task.fresh)),
    ):
        if problems:
            reasons = " ".join([*problems, *price_warnings(task.fresh, task.excluded)])
            return task.result(status, f"Not recalibrated, {version} stays champion: {reasons}")
    return None


def _candidate(task: _Task) -> Candidate:
    model, fresh = task.model, task.fresh
    as_of = market_day(fresh, otherwise=market_today())
    facts: dict[str, Any] = {name: model.card[name] for name in ("excluded", "inputs") if name in model.card}
    facts |= {"fresh": fresh.height, "first_day": str(_first_day(fresh)), "last_day": str(as_of)}
    after = recalibrate(model, fresh, task.market, as_of=max(as_of, model.as_of), card=facts)
    digest = sha256(fresh.drop("is_new", "excluded").write_csv().encode()).hexdigest()
    origin = Origin("recalibrated", digest, fresh.height, parent=task.present.version)
    return Candidate(after, _evaluated(task), origin, task.present.version)


def _evaluated(task: _Task) -> Evaluation:
    """Evaluate a holdout model, recalibrated on the older of the new ads, on the newer ones."""
    model, fresh = task.model, task.fresh
    first = int(fresh.height * (1 - _TEST_SHARE))
    split = Split(fresh[:first], fresh[first:], "time", _first_day(fresh[first:]))
    old = task.market.filter(~pl.col("is_new"))
    holdout = recalibrate(model, split.training, pl.concat([old, split.training]), as_of=model.as_of, card={})
    return evaluate(split, predict_bands(holdout, split.test), Champion(model, tolerance=0.0, saw_no_test=True))


def _first_day(cars: pl.DataFrame) -> date | None:
    day = cars["listed_on"].min()
    return day if isinstance(day, date) else None
