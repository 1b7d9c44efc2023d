"""Every live listing has exactly one row, and only what changed is written."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from core.db.tables import Listing, OutboxEvent, PriceBand, PriceModel
from core.prices.models import champion
from core.storage import Storage
from models.price_bands.predict import PRICE_COLUMNS
from pipelines.price_bands.audit import band_totals
from pipelines.price_bands.refresh import refresh_bands
from tests.factories.listings import add_listing


def live(session: Session) -> int:
    return session.scalar(select(func.count()).where(Listing.status == "live")) or 0


def versions(session: Session) -> dict[Any, Any]:
    """The rows' physical versions: equal before and after means that nothing was written."""
    return dict(session.execute(text("SELECT listing_id, xmin::text || ctid::text FROM price_bands")).all())


def assert_one_row_each(session: Session) -> None:
    totals = band_totals(session)
    assert (totals.forgotten, totals.stale) == (0, 0)
    assert totals.bands + totals.no_band == live(session)


def touch(session: Session, listing_id: Any, **columns: Any) -> None:
    session.execute(
        update(Listing).where(Listing.id == listing_id).values(updated_at=func.clock_timestamp(), **columns)
    )


def test_every_live_listing_gets_a_row_and_a_second_refresh_writes_nothing(trained: Session, storage: Storage) -> None:
    unpriced = add_listing(trained, price_pkr=None)
    strange = add_listing(trained, make="Lada", model="Niva")
    private = add_listing(trained, visibility="private")
    result = refresh_bands(trained, storage)
    assert result.computed == live(trained) == result.model + result.comparables + result.none
    assert_one_row_each(trained)
    assert trained.get_one(PriceBand, unpriced).method == "model"  # call for price: worth something all the same
    assert trained.get_one(PriceBand, private).mid_pkr is not None
    assert (trained.get_one(PriceBand, strange).reason, result.by_reason) == ("unknown_make", {"unknown_make": 1})
    before = versions(trained)
    again = refresh_bands(trained, storage)
    assert (again.computed, again.removed, again.model) == (0, 0, result.model)
    assert versions(trained) == before


def test_the_narrower_and_the_wider_band_are_kept_and_old_rows_get_theirs(trained: Session, storage: Storage) -> None:
    refresh_bands(trained, storage)
    rows = trained.execute(select(*(getattr(PriceBand, name) for name in PRICE_COLUMNS))).all()
    assert len(rows) == live(trained)
    assert all(list(row) == sorted(row) for row in rows)
    assert any(row.low_90_pkr < row.low_pkr < row.low_50_pkr < row.high_50_pkr < row.high_pkr for row in rows)
    levels = ("low_50_pkr", "high_50_pkr", "low_90_pkr", "high_90_pkr")
    one = trained.scalars(select(PriceBand.listing_id).limit(1)).one()
    trained.execute(update(PriceBand).where(PriceBand.listing_id == one).values(dict.fromkeys(levels)))
    told = select(func.count()).select_from(OutboxEvent).where(OutboxEvent.kind == "rated")
    before = trained.scalar(told)
    assert refresh_bands(trained, storage).computed == 1
    assert trained.scalar(select(PriceBand.low_90_pkr).where(PriceBand.listing_id == one)) is not None
    assert trained.scalar(told) == before  # nobody who follows the listings cares


def test_only_listings_that_changed_are_written(trained: Session, storage: Storage) -> None:
    refresh_bands(trained, storage)
    before = versions(trained)
    changed, other = trained.scalars(select(Listing.id).limit(2)).all()
    touch(trained, changed, mileage_km=1)
    new = add_listing(trained)
    touch(trained, other, status="withdrawn")
    result = refresh_bands(trained, storage)
    after = versions(trained)
    assert (result.computed, result.removed) == (2, 1)
    assert {key for key in after if before.get(key) != after[key]} == {changed, new}
    assert set(before) - set(after) == {other}
    assert_one_row_each(trained)


def test_a_late_commit_of_an_early_import_is_not_missed(trained: Session, storage: Storage) -> None:
    refresh_bands(trained, storage)
    changed = trained.scalars(select(Listing.id).limit(1)).one()
    early = datetime(2020, 1, 1, tzinfo=UTC)  # before any computed_at
    trained.execute(update(Listing).where(Listing.id == changed).values(updated_at=early, mileage_km=5))
    assert refresh_bands(trained, storage).computed == 1


def test_a_new_model_refreshes_all_bands(trained: Session, storage: Storage) -> None:
    refresh_bands(trained, storage)
    row = champion(trained)
    assert row is not None
    trained.execute(update(PriceModel).values(version="another"))
    trained.expire_all()
    result = refresh_bands(trained, storage)
    assert (result.computed, result.model_version) == (live(trained), "another")


def test_without_a_model_bands_come_from_comparables(filled: Session, storage: Storage) -> None:
    result = refresh_bands(filled, storage)
    assert result.model == 0
    assert result.comparables > 0.8 * live(filled)
    assert (result.model_version or "").startswith("comparables-")
    assert_one_row_each(filled)
    assert refresh_bands(filled, storage).computed == 0


def test_without_any_price_every_listing_has_a_reason(session: Session, storage: Storage) -> None:
    add_listing(session, price_pkr=None)
    result = refresh_bands(session, storage)
    assert (result.none, result.by_reason, result.model_version) == (1, {"no_model": 1}, None)
    assert refresh_bands(session, storage).computed == 0
    assert_one_row_each(session)


def test_an_empty_inventory_is_no_problem(session: Session, storage: Storage) -> None:
    assert refresh_bands(session, storage).computed == 0
    assert band_totals(session).by_method == {"model": 0, "family": 0, "comparables": 0, "none": 0}


def test_text_that_is_hard_for_csv_gets_a_band(trained: Session, storage: Storage) -> None:
    car = add_listing(trained, variant='GLi "S", new\nline \\N', city="")
    refresh_bands(trained, storage)
    assert trained.get_one(PriceBand, car).method == "model"


def test_outbox_hears_of_the_listings_whose_numbers_changed_and_of_no_other(trained: Session, storage: Storage) -> None:
    def told(kind: str = "rated") -> set[Any]:
        gone = text("DELETE FROM outbox_events WHERE kind = :kind RETURNING subject_id")
        return set(trained.scalars(gone, {"kind": kind}))

    strange = add_listing(trained, make="Lada", model="Niva")  # no band, so nothing to tell
    refresh_bands(trained, storage)
    assert told() == set(trained.scalars(select(PriceBand.listing_id).where(PriceBand.mid_pkr.is_not(None))))
    changed, repriced = trained.scalars(select(Listing.id).where(Listing.id != strange).limit(2)).all()
    touch(trained, changed, mileage_km=250_000)
    touch(trained, repriced, price_pkr=1_234_000)  # its band is of the car, not of its price
    assert refresh_bands(trained, storage).computed == 2
    assert (told(), told("renewed")) == ({changed}, {repriced})
    assert (refresh_bands(trained, storage).computed, told()) == (0, set())
