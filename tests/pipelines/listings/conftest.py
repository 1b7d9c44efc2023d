"""Listing rows, and a dealer who owns them."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import polars as pl
import pytest
from sqlalchemy.orm import Session

from core.db.tables import FeedFile, Org
from core.listing_frame import LISTING_SCHEMA
from pipelines.listings import bulk_writer, digest_compare
from pipelines.listings.incoming_rows import FrameRows
from pipelines.listings.upsert import FileChanges, UpsertResult, upsert_listings

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


def upsert(session: Session, org_id: UUID, file: FeedFile, frame: pl.DataFrame, **options: Any) -> UpsertResult:
    """Upsert the rows of one file; `options` are those of `FileChanges`."""
    bulk_writer.lock_listings(session, org_id)
    rows = FrameRows(lambda: [frame.with_columns(file=pl.lit(0, pl.Int32))])
    changes = FileChanges(file, names_no_car=frame.is_empty(), **options)
    return upsert_listings(session, [changes], rows).results[0]


@pytest.fixture(autouse=True, params=["compared here", "compared there"])
def both_ways(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test runs with the table's digests fetched, and with the file's keys sent."""
    monkeypatch.setattr(bulk_writer, "WORTH_FETCHING", 0 if request.param == "compared here" else 5_000)
    monkeypatch.setattr(digest_compare, "_JOINED_AT_ONCE", 2)  # in parts, as of millions of rows


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
