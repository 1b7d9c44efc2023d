"""Recalibration between trainings: the champion's trees at the level and width of the latest ads, as a new version."""

from datetime import date
from hashlib import sha256
from typing import Any

import polars as pl
from sqlalchemy.orm import Session

from core.clock import market_today
from core.db.tables import PriceModel
from core.price_models import champion
from core.storage import Storage
from models.price_bands.artifact import PriceBandModel, loads
from models.price_bands.evaluation.monitoring import measure_model
from models.price_bands.predict import predict_bands
from models.price_bands.recalibrate import FEWEST_FRESH, recalibrate
from models.price_bands.train import market_day
from pipelines.price_bands.backtest import Split, judge
from pipelines.price_bands.coverage_rules import coverage_problems, level_problem
from pipelines.price_bands.model_repository import PriceModelRepository
from pipelines.price_bands.monitoring import fresh_samples
from pipelines.price_bands.recording import Origin, model_card, record_version, verdict
from pipelines.price_bands.training import TrainResult

_JUDGING_SHARE = 0.4
"""The newest ads judge a twin that learnt its level from the ones before; the version on record learns from all."""


def recalibrate_model(session: Session, storage: Storage, *, actor: str = "price_recalibration") -> TrainResult:
    """Recalibrate the champion where the market has left its bands, and send the result through the same gate.

    `status` is champion or rejected (recorded), or not_needed, too_few_samples or no_model (nothing is recorded).
    """
    models = PriceModelRepository(session)
    models.lock_training()
    present = champion(session)
    if present is None:
        return TrainResult(None, "no_model", 0, "There is no price model to recalibrate.")
    fresh, market, _ = fresh_samples(session, present)
    model = loads(storage.get(present.storage_key))
    if model.regression is None or fresh.height < FEWEST_FRESH / (1 - _JUDGING_SHARE):
        message = f"{fresh.height} ads are newer than {present.version}: too few to learn its level and width from."
        return TrainResult(present.version, "too_few_samples", fresh.height, message)
    accuracy = measure_model(model, fresh, market).accuracy
    problems = [*coverage_problems(accuracy), *level_problem(accuracy)]
    if not problems:
        message = f"{present.version} keeps its promises on {fresh.height} newer ads: nothing to recalibrate."
        return TrainResult(present.version, "not_needed", fresh.height, message)
    return _judged(models, storage, present, model, fresh, market, actor)


def _judged(
    models: PriceModelRepository,
    storage: Storage,
    present: PriceModel,
    model: PriceBandModel,
    fresh: pl.DataFrame,
    market: pl.DataFrame,
    actor: str,
) -> TrainResult:
    first = int(fresh.height * (1 - _JUDGING_SHARE))
    split = Split(fresh[:first], fresh[first:], "time", _day(fresh[first:]))
    old = market.filter(~pl.col("is_new"))
    twin = recalibrate(model, split.training, pl.concat([old, split.training]), as_of=model.as_of, card={})
    trial = judge(split, predict_bands(twin, split.test), model, handicap=0.0, unseen=True)
    as_of = market_day(fresh, otherwise=market_today())
    facts: dict[str, Any] = {name: model.card[name] for name in ("excluded", "inputs") if name in model.card}
    facts |= {"fresh": fresh.height, "first_day": str(_day(fresh)), "last_day": str(as_of)}
    after = recalibrate(model, fresh, market, as_of=max(as_of, model.as_of), card=facts)
    digest = sha256(fresh.drop("is_new", "excluded").write_csv().encode()).hexdigest()
    origin = Origin("recalibrated", digest, fresh.height, parent=present.version)
    models.lock()
    row = record_version(models, storage, after, trial, origin, actor=actor, replaces=present.version)
    return TrainResult(
        row.version, row.status, fresh.height, verdict(trial, present.version), row.metrics, model_card(storage, row)
    )


def _day(cars: pl.DataFrame) -> date | None:
    day = cars["listed_on"].min()
    return day if isinstance(day, date) else None
