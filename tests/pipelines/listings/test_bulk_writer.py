"""The database gets keys and digests of all rows, and whole rows only where one is written."""

import polars as pl
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from core.db.tables import Branch, Listing, Org
from pipelines.listings.incoming_rows import FrameRows
from pipelines.listings.upsert import FileChanges, UpsertResult, upsert_listings
from tests.factories.listings import CHANGES, PRICES
from tests.pipelines.listings.conftest import MakeFile, cars, stock, upsert


def sent_whole(session: Session) -> int:
    """Rows that the last file staged because the table's are different."""
    if session.scalar(text("SELECT to_regclass('pg_temp.incoming_changes')")) is None:
        return 0
    return session.scalar(text("SELECT count(*) FROM incoming_changes")) or 0


def test_only_changed_rows_are_sent_whole(session: Session, org: Org, new_file: MakeFile) -> None:
    upsert(session, org.id, new_file(), stock(50), delivery="full")
    upsert(session, org.id, new_file(), stock(50), delivery="full")
    assert sent_whole(session) == 0
    changed = stock(60).with_columns(
        price_pkr=pl.when(pl.col("source_key").is_in(["K3", "K4"])).then(1).otherwise("price_pkr")
    )
    result = upsert(session, org.id, new_file(), changed, delivery="full")
    assert (result.created, result.updated, result.unchanged) == (10, 2, 48)
    assert sent_whole(session) == 2


def test_new_rows_have_branch_times_first_price_and_event(session: Session, org: Org, new_file: MakeFile) -> None:
    branch = Branch(org_id=org.id, code="dha", name="DHA Phase 5", city="Lahore")
    session.add(branch)
    session.flush()
    frame = cars({"source_key": "A", "branch_code": "dha"}, {"source_key": "B", "branch_code": "no"})
    result = upsert(session, org.id, new_file(), frame, delivery="full")
    assert (result.created, result.unknown_branches) == (2, 1)
    found = {car.source_key: car for car in session.scalars(select(Listing))}
    assert [found[key].branch_id for key in "AB"] == [branch.id, None]
    assert found["A"].created_at == found["A"].updated_at == found["B"].updated_at
    prices = {price.listing_id: price for price in session.execute(select(PRICES))}
    assert {car.id for car in found.values()} == prices.keys() == set(session.scalars(select(CHANGES.c.subject_id)))
    assert prices[found["A"].id].observed_at == found["A"].created_at


def test_first_files_of_two_dealers_share_a_transaction(session: Session, org: Org, new_file: MakeFile) -> None:
    other = Org(code="other-motors", name="Other Motors")
    session.add(other)
    session.flush()
    for owner in (org, other):
        result = upsert(session, owner.id, new_file(org_id=owner.id), stock(4), delivery="full")
        assert (result.created, result.updated, result.unchanged) == (4, 0, 0)
    assert session.scalar(text("SELECT count(*) FROM outbox_changes")) == 8
    assert session.scalar(text("SELECT count(DISTINCT listing_id) FROM listing_price_history")) == 8


def test_file_in_several_frames_is_upserted_like_one(session: Session, org: Org, new_file: MakeFile) -> None:
    def deliver(frame: pl.DataFrame) -> UpsertResult:
        parts = [part.with_columns(file=pl.lit(0, pl.Int32)) for part in (*frame.iter_slices(4), frame.clear())]
        upserted = upsert_listings(session, [FileChanges(new_file(), "full")], FrameRows(lambda: parts))
        assert upserted.hashes["row_number"].to_list() == frame["row_number"].to_list()
        return upserted.results[0]

    first = deliver(stock(10))
    assert (first.created, first.updated, first.unchanged, first.removed) == (10, 0, 0, 0)
    dearer = pl.when(pl.col("source_key").is_in(["K1", "K9"])).then(1).otherwise("price_pkr")
    again = deliver(stock(12).with_columns(price_pkr=dearer).filter(pl.col("source_key") != "K5"))
    assert (again.created, again.updated, again.unchanged, again.removed) == (2, 2, 7, 1)
    assert session.scalar(select(Listing.price_pkr).where(Listing.source_key == "K9")) == 1
