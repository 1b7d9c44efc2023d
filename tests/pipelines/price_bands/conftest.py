"""Live listings of an invented market, in the database."""

import polars as pl
import pytest
from sqlalchemy import insert
from sqlalchemy.orm import Session

from core.db.tables import Listing, PriceModel
from core.storage import Storage
from models.price_bands.artifact import CODE_VERSION
from tests.inventory import add_listing
from tests.models.price_bands.conftest import AS_OF, invented_market
from tests.trained_models import TrainedModels

_STORED = ("source_key", "title", "make", "model", "variant", "model_year", "mileage_km", "price_pkr", "fuel", "body",
           "transmission", "assembly", "engine_cc", "city", "province", "registered_in", "listed_on", "visibility",
           "channels")  # fmt: skip


def fill_database(session: Session, cars: pl.DataFrame) -> None:
    """The cars as live listings of one dealer."""
    template = session.get_one(Listing, add_listing(session, price_pkr=None, listed_on=None))
    owner = {name: getattr(template, name) for name in ("org_id", "content_hash", "content_hash_version", "file_id")}
    session.delete(template)
    rows = [owner | {"row_number": number} | row for number, row in enumerate(cars.select(_STORED).to_dicts(), 1)]
    session.execute(insert(Listing), rows)
    session.flush()


@pytest.fixture(scope="session")
def cars() -> pl.DataFrame:
    return invented_market(400)


@pytest.fixture(scope="session")
def artefact(cars: pl.DataFrame, trained_models: TrainedModels) -> bytes:
    """A model of these cars."""
    return trained_models.artefact(cars, as_of=AS_OF)


@pytest.fixture
def present(session: Session, storage: Storage, artefact: bytes) -> PriceModel:
    """That model as the champion."""
    storage.put("present.zip", artefact)
    row = PriceModel(
        version="present", status="champion", storage_key="present.zip", data_digest="0", code_version=CODE_VERSION,
        samples=400, metrics={"coverage": 0.8},
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


@pytest.fixture
def filled(session: Session, cars: pl.DataFrame) -> Session:
    """A session that sees 400 priced live listings."""
    fill_database(session, cars)
    return session
