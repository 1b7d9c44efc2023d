"""Training as a pipeline: who becomes champion, and what is recorded."""

import io
import json
from datetime import date

import polars as pl
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.db.tables import PriceModel, PriceModelEvent
from core.prices.models import champion, price_models
from core.storage import Storage
from models.price_bands.artifact import loads
from pipelines.price_bands.samples.choosing import build_samples, choose_samples
from pipelines.price_bands.versions import training
from pipelines.price_bands.versions.backtest import split_samples
from pipelines.price_bands.versions.recording import model_card
from pipelines.price_bands.versions.training import train_model
from tests.factories.price_bands import TrainedMarket
from tests.models.price_bands.conftest import invented_market


def put_samples(storage: Storage, cars: pl.DataFrame, name: str) -> str:
    buffer = io.BytesIO()
    choose_samples(cars)[0].write_parquet(buffer)
    storage.put(name, buffer.getvalue())
    return name


def test_first_model_becomes_champion_and_the_same_samples_train_nothing(
    trained: Session, storage: Storage, trained_market: TrainedMarket, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = trained_market.result
    row = champion(trained)
    assert row is not None
    assert (result.status, result.version) == ("champion", row.version)
    assert result.message.startswith("New champion: median error")
    assert 0.6 < row.metrics["coverage"] <= 1.0
    assert row.metrics["split"] == "time"
    assert row.metrics["median_ape"] < row.metrics["heuristic"]["median_ape"]
    model = loads(storage.get(row.storage_key))
    facts = {"data_digest": row.data_digest, "samples": row.samples, "metrics": row.metrics, "excluded": {}}
    assert facts.items() <= model.card.items()
    assert (model.card["code_digest"], row.origin) == (row.code_digest, "trained")
    assert model_card(storage, row) == result.card
    assert f"# Price model {row.version}" in result.card
    json.dumps(row.metrics, allow_nan=False)
    (event,) = trained.scalars(select(PriceModelEvent))
    assert (event.version, event.kind, event.replaced, event.reason) == (row.version, "promoted", None, result.message)
    monkeypatch.setattr(training, "backtest", None)  # a second training would call it
    again = train_model(trained, storage, build_samples(trained, storage).storage_key)
    assert (again.version, again.status, again.metrics) == (row.version, "champion", row.metrics)
    assert len(price_models(trained)) == 1


def test_few_samples_give_no_model_and_say_so(session: Session, storage: Storage, cars: pl.DataFrame) -> None:
    result = train_model(session, storage, put_samples(storage, cars[:150], "few"))
    assert (result.version, result.status, result.samples) == (None, "too_few_samples", 150)
    assert "comparables" in result.message
    assert price_models(session) == []


@pytest.mark.usefixtures("few_folds")
def test_a_model_that_is_worse_than_the_champion_is_rejected(
    session: Session, storage: Storage, present: PriceModel
) -> None:
    # Ads newer than the champion, of which those that teach have jumbled prices and those that judge have true ones.
    day = pl.lit(date(2026, 4, 1)) + pl.duration(days=pl.int_range(300) % 20)
    newer = invented_market(300, seed=5).with_columns(listed_on=day)
    jumbled = (
        pl.when(pl.col("listed_on") >= date(2026, 4, 16))
        .then("price_pkr")
        .otherwise(pl.col("price_pkr").shuffle(seed=1))
    )
    result = train_model(session, storage, put_samples(storage, newer.with_columns(price_pkr=jumbled), "jumbled"))
    assert result.status == "rejected"
    assert "Rejected: worse than the" in result.message
    assert "version present stays champion" in result.message
    assert champion(session) is present
    assert {row.status for row in price_models(session)} == {"champion", "rejected"}


@pytest.mark.usefixtures("few_folds")
def test_a_model_that_is_not_worse_replaces_the_champion(
    session: Session, storage: Storage, present: PriceModel
) -> None:
    newer = invented_market(300, seed=11).with_columns(pl.col("listed_on") + pl.duration(days=90))
    result = train_model(session, storage, put_samples(storage, newer, "newer"))
    assert (result.status, result.metrics["fresh"] > 50) == ("champion", True)
    assert "in place of present" in result.message
    assert [row.status for row in price_models(session)].count("champion") == 1


@pytest.mark.usefixtures("few_folds")
def test_a_champion_that_cannot_be_read_is_replaced(session: Session, storage: Storage, present: PriceModel) -> None:
    storage.put(present.storage_key, b"lost")
    newer = invented_market(250, seed=6)
    assert train_model(session, storage, put_samples(storage, newer, "second")).status == "champion"


def test_undated_samples_are_split_by_their_keys(cars: pl.DataFrame) -> None:
    undated = cars.with_columns(listed_on=pl.lit(None, pl.Date))
    split = split_samples(undated)
    assert (split.kind, split.training.height + split.test.height) == ("hash", cars.height)
    assert 0.1 < split.test.height / cars.height < 0.3
    assert set(split_samples(undated.reverse()).test["source_key"]) == set(split.test["source_key"])


def test_dated_samples_are_split_by_time(cars: pl.DataFrame) -> None:
    split = split_samples(cars)
    assert split.first_test_day is not None
    assert split.training["listed_on"].max() < split.first_test_day == split.test["listed_on"].min()
