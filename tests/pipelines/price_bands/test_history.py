"""Past ads teach prices, once a file, and are not on offer."""

from datetime import date, timedelta

import polars as pl
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.clock import market_today
from core.db.tables import Listing
from core.db.tables.audit import AuditRecord
from core.errors import InvalidInputError, NotFoundError
from core.listing_frame import LISTING_SCHEMA
from core.storage import Storage
from pipelines.price_bands.samples.choosing import build_samples, is_fresh, read_samples
from pipelines.price_bands.samples.history import PastFile, add_history, histories, past_ads, remove_history
from tests.factories.listings import add_listing

LONG_AGO = date(2022, 10, 15)
FULL = {
    "source_key": "1", "title": "Suzuki Alto 2015", "make": "Suzuki", "model": "Alto", "model_year": 2015,
    "price_pkr": 900_000, "listed_on": LONG_AGO, "mileage_km": 61_234,
}  # fmt: skip


def ads(*rows: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame([dict.fromkeys(LISTING_SCHEMA) | FULL | row for row in rows], schema=LISTING_SCHEMA)


def file(*rows: dict[str, object], records: int | None = None) -> PastFile:
    return PastFile("folder/ads 2022.csv", ads(*rows), len(rows) if records is None else records)


def test_past_ads_are_samples_and_no_listings(session: Session, storage: Storage) -> None:
    add_listing(session, price_pkr=3_000_000)
    before = session.scalar(select(func.count()).select_from(Listing))
    future = market_today() + timedelta(days=1)
    rows = [{}, {"source_key": "2", "mileage_km": 98_765}, {"price_pkr": None}, {"listed_on": None}]
    result = add_history(session, storage, file(*rows, {"listed_on": future}, records=7), actor="sara")
    assert (result.rows, result.kept, result.rejected, result.without_price, result.without_day) == (7, 2, 2, 1, 2)
    assert (result.first_day, result.last_day, result.is_new) == (LONG_AGO, LONG_AGO, True)
    assert session.scalar(select(func.count()).select_from(Listing)) == before
    built = build_samples(session, storage)
    assert (built.listings, built.past, built.samples, built.excluded) == (1, 2, 3, {})
    samples = read_samples(storage, built.storage_key)
    past = samples.filter(pl.col("feed") == "history")
    assert past["price_pkr"].to_list() == [900_000, 900_000]
    assert not past["is_live"].any()
    assert samples.filter(is_fresh(samples))["price_pkr"].to_list() == [3_000_000]
    [record] = session.scalars(select(AuditRecord).where(AuditRecord.action == "price_history.add"))
    assert (record.subject_id, record.actor) == (result.digest, "price bands by sara")


def test_same_ads_again_change_nothing_in_whatever_order(session: Session, storage: Storage) -> None:
    rows = [{"source_key": str(number), "price_pkr": 900_000 + number} for number in range(5)]
    first = add_history(session, storage, file(*rows), actor="sara")
    again = add_history(session, storage, file(*rows[::-1]), actor="omar")
    assert (again.digest, again.is_new) == (first.digest, False)
    assert past_ads(session, storage).height == 5
    assert len(histories(session)) == 1


def test_removed_file_teaches_no_more(session: Session, storage: Storage) -> None:
    kept = add_history(session, storage, file({}), actor="sara")
    gone = add_history(session, storage, file({"price_pkr": 950_000}), actor="sara")
    assert remove_history(session, gone.digest[:16], actor="sara").digest == gone.digest
    assert [each.digest for each in histories(session)] == [kept.digest]
    assert past_ads(session, storage)["price_pkr"].to_list() == [900_000]
    assert add_history(session, storage, file({"price_pkr": 950_000}), actor="sara").is_new


@pytest.mark.parametrize("digest", ["", "%", "abc", "\\"])
def test_unknown_digest_removes_nothing(session: Session, storage: Storage, digest: str) -> None:
    add_history(session, storage, file({}), actor="sara")
    with pytest.raises(NotFoundError, match="price-bands history"):
        remove_history(session, digest, actor="sara")
    assert len(histories(session)) == 1


@pytest.mark.parametrize("rows", [[], [{"price_pkr": None}], [{"listed_on": None}]])
def test_file_that_teaches_nothing_is_refused(
    session: Session, storage: Storage, rows: list[dict[str, object]]
) -> None:
    with pytest.raises(InvalidInputError, match="--asked-on"):
        add_history(session, storage, file(*rows), actor="sara")
    assert past_ads(session, storage).is_empty()
