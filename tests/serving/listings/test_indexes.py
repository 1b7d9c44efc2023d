"""Every index of `listings` is written down with a statement that needs it, and that statement uses it."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from core.access.audience import Audience
from core.access.principal import Principal
from core.clock import utc_now
from core.db.tables import Listing
from core.db.tables.people import User
from pipelines.listings.bulk_writer import BulkWriter
from pipelines.listings.differences import keep_differences
from pipelines.listings.expiry import expire_listings
from pipelines.listings.incoming_files import IncomingFile
from pipelines.listings.removals import RemovalRepository
from pipelines.price_bands.loops import newest_change
from serving.listings.finding.repository import ListingRepository
from serving.listings.finding.similar import SimilarRepository
from serving.listings.management.managed import StockQuery, own_ads
from tests.factories.listings import add_listing, add_many
from tests.factories.managers import manager

DOCUMENT = Path(__file__).parents[3] / "docs" / "listing_indexes.md"
WRITTEN = dict(re.findall(r"^\| `(\w+)` \| ([^|]*) \|", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE))
INDEXES = text("SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename = 'listings'")


def test_indexes_of_the_database_are_the_written_ones(session: Session) -> None:
    found = dict(row for row in session.execute(INDEXES))
    assert set(found) == set(WRITTEN)
    for name, definition in found.items():
        columns = re.search(r"USING btree \(([^)]*)\)", definition)
        assert columns is not None
        assert columns[1].split(", ") == re.findall(r"`(\w+)`", WRITTEN[name])
        assert ("WHERE" in definition) == (";" in WRITTEN[name])


def plans(session: Session, read: Callable[[], object]) -> str:
    """The plans of a reading's statements, where tables are walked through only for want of an index."""
    said: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> None:
        if statement.split()[0] in ("SELECT", "WITH"):
            said.append((statement, parameters))

    session.execute(text("SET LOCAL enable_seqscan = off"))
    engine = session.get_bind()
    event.listen(engine, "before_cursor_execute", note)
    try:
        read()
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert said
    connection = session.connection()
    return "\n".join(
        "\n".join(connection.exec_driver_sql(f"EXPLAIN {statement}", parameters).scalars())
        for statement, parameters in said
    )


def differences(session: Session, car: Listing) -> None:
    BulkWriter.open(session, [IncomingFile(car.file_id, car.org_id, "classifieds")])  # type: ignore[arg-type]
    rows = pl.DataFrame(schema={"file": pl.Int32, "source_key": pl.String})
    keep_differences(session, rows, rows.with_columns(sold=pl.lit(value=False)), [])


def similar(session: Session, car: Listing) -> None:
    (view,) = ListingRepository(session).visible([car.id], Audience.anonymous())
    SimilarRepository(session).similar_ids(view, Audience.anonymous(), 6)


READINGS: dict[str, Callable[[Session, Listing, User], object]] = {
    "pk_listings": lambda session, car, _: ListingRepository(session).visible([car.id], Audience.anonymous()),
    "uq_listings_org_id_source_key": lambda session, car, _: RemovalRepository(session, car.org_id).live_of(
        "x", [car.source_key]
    ),
    "ix_listings_offered_car": lambda session, car, _: similar(session, car),
    "ix_listings_offered_body_price": lambda session, car, _: similar(session, car),
    "ix_listings_seller_id": lambda session, _, user: own_ads(session, manager(Principal(user.id)), StockQuery()),
    "ix_listings_term": lambda session, *_: expire_listings(session, utc_now(), timedelta(days=30)),
    "ix_listings_decided": lambda session, car, _: differences(session, car),
    "ix_listings_updated_at": lambda session, *_: newest_change(session),
}


@pytest.mark.parametrize("index", READINGS)
def test_statement_needs_its_index(session: Session, index: str) -> None:
    user = User()
    session.add(user)
    session.flush()
    car = session.get_one(Listing, add_listing(session, body="sedan", model="Crown"))
    add_many(session, 3_000)  # with fewer any index is as good as another
    session.execute(text("ANALYZE listings"))
    assert index in plans(session, lambda: READINGS[index](session, car, user))


def test_every_written_index_has_its_statement() -> None:
    assert set(READINGS) == set(WRITTEN)
