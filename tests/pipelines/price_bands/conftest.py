"""Live listings of an invented market, in the database."""

import polars as pl
import pytest
from sqlalchemy.orm import Session

from core.db.tables import PriceModel
from core.storage import Storage
from models.price_bands.artifact import CODE_VERSION
from tests.factories.price_bands import MARKET_SIZE, TrainedMarket, fill_database
from tests.models.price_bands.conftest import invented_market


@pytest.fixture(scope="session")
def cars() -> pl.DataFrame:
    return invented_market(MARKET_SIZE)


@pytest.fixture
def present(session: Session, storage: Storage, artefact: bytes) -> PriceModel:
    """The model of these cars as the champion."""
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


@pytest.fixture
def trained(filled: Session, storage: Storage, trained_market: TrainedMarket) -> Session:
    """400 cars and the model that learnt from them."""
    trained_market.install(filled, storage)
    return filled
