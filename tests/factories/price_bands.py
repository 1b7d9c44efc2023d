"""A market whose price model is trained once a run, and ads that come after it."""

import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
from sqlalchemy import Engine, insert, select
from sqlalchemy.orm import Session

from core.clock import utc_now
from core.db.tables import Listing, ListingPrice, PriceModel, PriceModelEvent
from core.storage import Storage
from pipelines.price_bands.samples.choosing import build_samples
from pipelines.price_bands.versions.recording import card_key
from pipelines.price_bands.versions.training import TrainResult, train_model
from tests.factories.listings import add_listing
from tests.made_once import made_once
from tests.models.price_bands.conftest import AS_OF, invented_market

MARKET_SIZE = 400
_STORED = ("source_key", "title", "make", "model", "variant", "model_year", "mileage_km", "price_pkr", "fuel", "body",
           "transmission", "assembly", "engine_cc", "city", "province", "registered_in", "listed_on", "visibility",
           "channels")  # fmt: skip


@dataclass(frozen=True)
class TrainedMarket:
    """The champion of `invented_market(400)` as a training left it: its row, what decided, and its objects."""

    result: TrainResult
    row: dict[str, Any]
    event: dict[str, Any]
    objects: dict[str, bytes]

    @property
    def artefact(self) -> bytes:
        return self.objects[self.row["storage_key"]]

    def install(self, session: Session, storage: Storage) -> PriceModel:
        """Put the champion where a training of this moment would have put it."""
        for key, data in self.objects.items():
            storage.put(key, data)
        row = PriceModel(**self.row, trained_at=utc_now())
        session.add_all([row, PriceModelEvent(**self.event)])
        session.flush()
        return row


def fill_database(session: Session, cars: pl.DataFrame, *, dealer: str = "khan-motors") -> None:
    """Add the cars as live listings of one dealer."""
    template = session.get_one(Listing, add_listing(session, org=dealer, price_pkr=None, listed_on=None))
    owner = {name: getattr(template, name) for name in ("org_id", "content_hash", "content_hash_version", "file_id")}
    session.delete(template)
    rows = [owner | {"row_number": number} | row for number, row in enumerate(cars.select(_STORED).to_dicts(), 1)]
    session.execute(insert(Listing), rows)
    session.flush()


def newer_ads(count: int, *, factor: float = 1.0, seed: int = 41) -> pl.DataFrame:
    """New cars of the three weeks after the trained market, at its prices times `factor`."""
    return invented_market(count, seed=seed).with_columns(
        price_pkr=(pl.col("price_pkr") * factor).cast(pl.Int64),
        listed_on=pl.lit(AS_OF) + pl.duration(days=1 + pl.int_range(count) * 20 // count),
    )


def arrive(session: Session, count: int, *, factor: float = 1.0, seed: int = 41) -> None:
    """Add newer ads of one dealer as listings whose price is seen now."""
    deliver(session, newer_ads(count, factor=factor, seed=seed))


def deliver(session: Session, cars: pl.DataFrame, *, dealer: str = "khan-motors") -> None:
    """Add the cars as live listings whose price is seen now."""
    fill_database(session, cars, dealer=dealer)
    rows = session.execute(
        select(Listing.id, Listing.price_pkr, Listing.file_id).where(
            Listing.source_key.in_(cars["source_key"].to_list())
        )
    )
    now = utc_now()
    session.execute(
        insert(ListingPrice),
        [{"listing_id": key, "price_pkr": price, "file_id": file, "observed_at": now} for key, price, file in rows],
    )


def trained_market(engine: Engine, storage: Storage, folder: Path) -> TrainedMarket:
    """The trained market of this run; trained by the first that asks, in a transaction that leaves nothing behind."""
    path = folder / "trained_market.pickle"
    found: TrainedMarket = pickle.loads(made_once(path, lambda: pickle.dumps(_train(engine, storage))))
    return found


def _train(engine: Engine, storage: Storage) -> TrainedMarket:
    with engine.connect() as connection, connection.begin() as outer:
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            fill_database(session, invented_market(MARKET_SIZE))
            samples = build_samples(session, storage)
            result = train_model(session, storage, samples.storage_key)
            row, event = session.query(PriceModel).one(), session.query(PriceModelEvent).one()
            excluded = samples.storage_key.replace(".parquet", ".excluded.json")
            keys = (samples.storage_key, excluded, row.storage_key, card_key(row.storage_key))
            objects = {key: storage.get(key) for key in keys}
            found = TrainedMarket(result, _columns(row, "id", "trained_at"), _columns(event, "id", "at"), objects)
        outer.rollback()
    return found


def _columns(row: Any, *without: str) -> dict[str, Any]:
    return {column.key: getattr(row, column.key) for column in row.__table__.columns if column.key not in without}
