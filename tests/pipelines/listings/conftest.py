"""Cars by the row, and a dealer to own them."""

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import uuid4

import polars as pl
import pytest
from sqlalchemy.orm import Session

from core.db.tables import FeedFile, Org
from core.listing_frame import LISTING_SCHEMA
from pipelines.listings import bulk_writer as repository

MakeFile = Callable[..., FeedFile]


def cars(*rows: dict[str, object]) -> pl.DataFrame:
    """Listing rows with decent defaults; a row needs a `source_key` only."""
    defaults: dict[str, object] = {
        "title": "Toyota Corolla 2018",
        "make": "Toyota",
        "model": "Corolla",
        "model_year": 2018,
        "price_pkr": 4_000_000,
        "visibility": "public",
        "channels": ["automart"],
        "photos": [],
    }
    frame = pl.DataFrame([defaults | row for row in rows], schema=LISTING_SCHEMA)
    return frame.with_columns(row_number=pl.int_range(1, pl.len() + 1, dtype=pl.Int32))


def stock(count: int, **columns: object) -> pl.DataFrame:
    return cars(*({"source_key": f"K{number}"} | columns for number in range(count)))


@pytest.fixture(autouse=True, params=["compared here", "compared there"])
def both_ways(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test runs with the table's digests fetched, and with the file's keys sent."""
    monkeypatch.setattr(repository, "WORTH_FETCHING", 0 if request.param == "compared here" else 5_000)


@pytest.fixture
def org(session: Session) -> Org:
    org = Org(code="khan-motors", name="Khan Motors")
    session.add(org)
    session.flush()
    return org


@pytest.fixture
def new_file(session: Session, org: Org) -> MakeFile:
    def make(mapping: str = "plain", org_id: object = None) -> FeedFile:
        file = feed_file(org_id or org.id, mapping)
        session.add(file)
        session.flush()
        return file

    return make


def feed_file(org_id: object, mapping: str = "plain") -> FeedFile:
    digest = uuid4().hex
    return FeedFile(
        org_id=org_id,
        name="stock.csv",
        mapping=mapping,
        mapping_version=1,
        digest=digest,
        size_bytes=1,
        storage_key=f"feeds/{digest}",
        received_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
