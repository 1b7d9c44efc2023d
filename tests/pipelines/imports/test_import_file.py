"""One file is imported once, its counts add up, and a failed import leaves nothing."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, func, select, text
from sqlalchemy.orm import Session

from core.db.session import SessionFactory, transaction
from core.db.tables import FeedFile, FeedReject, Listing, Org
from core.identity.orgs import add_org, get_org
from core.storage import Storage
from pipelines.feeds.deliveries.register import pending_files, store_and_register
from pipelines.feeds.mapping.store import load_mapping
from pipelines.imports import Delivery, ImportContext, ImportResult, import_delivery, import_file, preview_file
from tests.examples import examples
from tests.factories.feeds import HEADER, row, sheet
from tests.factories.listings import PRICES
from tests.factories.sessions import rolled_back

SHOWROOM = load_mapping("showroom")
NOW = datetime(2026, 5, 1, tzinfo=UTC)


GOOD = sheet(row("A1"), row("A2", price="call"), row("A3", year=1820), row("", price="1 crore"))


def deliver(session: Session, storage: Storage, org: Org, data: bytes, **options: bool) -> ImportResult:
    context = ImportContext(session, storage, run_id="test")
    return import_delivery(context, Delivery(org, "stock.csv", data, SHOWROOM), **options)


def registered(session: Session, storage: Storage, org: Org, data: bytes, name: str = "stock.csv") -> FeedFile:
    return store_and_register(session, storage, Delivery(org, name, data, SHOWROOM), received_at=NOW, now=NOW)


def tables(session: Session) -> dict[str, int]:
    names = ("feed_files", "feed_rejects", "listings", "listing_price_history", "outbox_changes")
    return {name: session.scalar(text(f"SELECT count(*) FROM {name}")) or 0 for name in names}


def counts(result: ImportResult) -> tuple[int, int, int, int, int]:
    return result.read, result.created, result.updated, result.unchanged, result.rejected


def test_counts_of_an_applied_file_add_up_and_rejects_have_reasons(
    session: Session, storage: Storage, org: Org
) -> None:
    result = import_file(ImportContext(session, storage, run_id="run-1"), registered(session, storage, org, GOOD))
    assert (result.status, counts(result)) == ("applied", (4, 2, 0, 0, 2))
    assert result.reasons == {"bad_year": 1, "missing_key": 1}
    file = session.get_one(FeedFile, result.file_id)
    assert (file.status, file.run_id, file.rows_read, file.rows_rejected) == ("applied", "run-1", 4, 2)
    assert file.applied_at is not None
    rejects = session.scalars(select(FeedReject).order_by(FeedReject.row_number)).all()
    assert [(each.row_number, each.source_key, each.code) for each in rejects] == [
        (3, "A3", "bad_year"),
        (4, None, "missing_key"),
    ]


def test_importing_a_decided_file_returns_the_recorded_result(session: Session, storage: Storage, org: Org) -> None:
    file = registered(session, storage, org, GOOD)
    first = import_file(ImportContext(session, storage, run_id="run-1"), file)
    before = tables(session)
    assert import_file(ImportContext(session, storage, run_id="run-2"), file) == first
    assert tables(session) == before
    assert file.run_id == "run-1"


def test_same_bytes_again_are_a_duplicate_and_change_nothing(session: Session, storage: Storage, org: Org) -> None:
    deliver(session, storage, org, GOOD)
    before = tables(session)
    again = deliver(session, storage, org, GOOD)
    assert (again.status, counts(again), again.reasons) == ("duplicate", (0, 0, 0, 0, 0), {})
    assert tables(session) == before | {"feed_files": 2}
    from_inbox = import_file(ImportContext(session, storage), registered(session, storage, org, GOOD, "new name.csv"))
    assert from_inbox.status == "duplicate"


def test_only_the_last_applied_file_makes_a_duplicate(session: Session, storage: Storage, org: Org) -> None:
    cheaper = GOOD.replace(b"45 lacs", b"44 lacs")
    statuses = [deliver(session, storage, org, data) for data in (GOOD, cheaper, GOOD)]
    assert [(each.status, each.updated) for each in statuses] == [("applied", 0), ("applied", 1), ("applied", 1)]


def test_new_version_of_the_mapping_reads_the_same_bytes_again(session: Session, storage: Storage, org: Org) -> None:
    deliver(session, storage, org, GOOD)
    newer = SHOWROOM.model_copy(update={"version": SHOWROOM.version + 1})
    result = import_delivery(ImportContext(session, storage), Delivery(org, "s", GOOD, newer))
    assert (result.status, result.unchanged) == ("applied", 2)


def test_same_bytes_count_again_where_another_mapping_has_read_them_since(
    session: Session, storage: Storage, org: Org
) -> None:
    """Going back to the first mapping changed nothing: its file of long ago made a duplicate."""
    other = SHOWROOM.model_copy(update={"name": "other", "bare_price_unit": "thousand"})
    data = GOOD.replace(b"45 lacs", b"4500")
    results = [
        import_delivery(ImportContext(session, storage), Delivery(org, "s", data, each))
        for each in (SHOWROOM.model_copy(update={"bare_price_unit": "lakh"}), other, SHOWROOM, SHOWROOM)
    ]
    assert [each.status for each in results] == ["applied", "applied", "applied", "duplicate"]


@pytest.mark.parametrize("data", [b"", HEADER.encode() + b"\n", b"\x80\x00\xff\xfe\x00\x01" * 50, b"a,b\n1,2\n"])
def test_refused_file_changes_nothing_but_its_own_status(
    session: Session, storage: Storage, org: Org, data: bytes
) -> None:
    deliver(session, storage, org, GOOD)
    before, keys = tables(session), list(storage.keys())
    by_hand = deliver(session, storage, org, data)
    assert (by_hand.status, by_hand.file_id) == ("refused", None)
    assert by_hand.as_json()["message"]
    assert (tables(session), list(storage.keys())) == (before, keys)
    from_inbox = import_file(ImportContext(session, storage), registered(session, storage, org, data))
    assert (from_inbox.status, from_inbox.message) == ("refused", by_hand.message)
    assert session.get_one(FeedFile, from_inbox.file_id).refusal == by_hand.message
    assert tables(session) == before | {"feed_files": 2, "outbox_changes": before["outbox_changes"] + 1}


def test_file_whose_mapping_was_deleted_is_refused(session: Session, storage: Storage, org: Org) -> None:
    file = registered(session, storage, org, GOOD)
    file.mapping = "gone"
    session.flush()
    result = import_file(ImportContext(session, storage), file)
    assert result.status == "refused"
    assert "no mapping 'gone'" in (result.message or "")
    assert pending_files(session) == []


def test_feed_that_halved_removes_nothing_until_removals_are_accepted(
    session: Session, storage: Storage, org: Org
) -> None:
    deliver(session, storage, org, sheet(*(row(f"A{number}") for number in range(40))))
    half = sheet(*(row(f"A{number}") for number in range(20)))
    held = deliver(session, storage, org, half)
    assert (held.removed, held.removals_held, held.unchanged) == (0, 20, 20)
    assert deliver(session, storage, org, half).status == "duplicate"
    told = deliver(session, storage, org, half, accept_removals=True)
    assert (told.status, told.removed, told.removals_held) == ("applied", 20, 0)


def test_row_that_was_rejected_keeps_its_car_and_a_sold_row_removes_it(
    session: Session, storage: Storage, org: Org
) -> None:
    deliver(session, storage, org, sheet(row("A1"), row("A2"), row("A3"), row("A4")))
    result = deliver(session, storage, org, sheet(row("A1"), row("A2", year="?"), row("A3", status="sold")))
    assert (result.removed, result.rejected) == (2, 2)
    live = session.scalars(select(Listing.source_key).where(Listing.status == "live").order_by(Listing.source_key))
    assert live.all() == ["A1", "A2"]


def test_rows_with_nul_characters_are_rejected(session: Session, storage: Storage, org: Org) -> None:
    result = deliver(session, storage, org, sheet(row("A1"), row("A\x002"), row("A3", price="4\x005 lacs")))
    assert (result.created, result.rejected) == (1, 2)
    assert session.scalars(select(FeedReject.code)).all() == ["nul_byte", "nul_byte"]


KEYS = st.sampled_from(["", *(f"K{number}" for number in range(8))])
ROWS = st.builds(
    row,
    KEYS,
    year=st.sampled_from([2018, 2019, 1820, "?"]),
    price=st.sampled_from(["45 lacs", "46 lacs", "call", "5", "abc"]),
    status=st.sampled_from(["", "", "sold"]),
)
SHEETS = st.lists(ROWS, min_size=1, max_size=10).map(lambda rows: sheet(*rows))


@pytest.mark.slow
@settings(max_examples=examples(12), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(SHEETS, min_size=1, max_size=3))
def test_counts_add_up_and_a_preview_equals_the_import(engine: Engine, storage: Storage, sheets: list[bytes]) -> None:
    with rolled_back(engine) as session:
        org = add_org(session, "any-motors", "Any Motors")
        for data in sheets:
            before = tables(session)
            preview = preview_file(ImportContext(session, storage), Delivery(org, "preview", data, SHOWROOM))
            assert tables(session) == before
            result = deliver(session, storage, org, data)
            assert result.as_json() | {"file_id": None} == preview.as_json()
            assert result.created + result.updated + result.unchanged + result.rejected == result.read
            assert sum(result.reasons.values()) == result.rejected


def test_preview_changes_neither_storage_nor_database(session: Session, storage: Storage, org: Org) -> None:
    preview = preview_file(ImportContext(session, storage), Delivery(org, "preview", GOOD, SHOWROOM))
    assert (preview.status, counts(preview), preview.file_id) == ("applied", (4, 2, 0, 0, 2), None)
    assert list(storage.keys()) == []
    assert set(tables(session).values()) == {0}


def committed(factory: SessionFactory, storage: Storage, *sheets: bytes) -> list[FeedFile]:
    with transaction(factory) as session:
        org = add_org(session, "busy-motors", "Busy Motors", default_mapping="showroom")
        return [registered(session, storage, org, data, f"{at}.csv") for at, data in enumerate(sheets)]


def apply(factory: SessionFactory, storage: Storage, file: FeedFile, *, killed: bool = False) -> ImportResult:
    with transaction(factory) as session:
        result = import_file(ImportContext(session, storage, run_id="run"), file)
        if killed:
            raise KeyboardInterrupt
        return result


def test_killed_import_leaves_the_file_waiting_and_a_second_try_finishes_it(
    session_factory: SessionFactory, storage: Storage
) -> None:
    [file] = committed(session_factory, storage, GOOD)
    with pytest.raises(KeyboardInterrupt):
        apply(session_factory, storage, file, killed=True)
    with session_factory() as session:
        assert [each.id for each in pending_files(session)] == [file.id]
        assert tables(session) == dict.fromkeys(tables(session), 0) | {"feed_files": 1}
    assert counts(apply(session_factory, storage, file)) == (4, 2, 0, 0, 2)


def test_run_that_starts_twice_applies_a_file_once(session_factory: SessionFactory, storage: Storage) -> None:
    [file] = committed(session_factory, storage, GOOD)
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: apply(session_factory, storage, file), range(4)))
    assert all(result == results[0] for result in results)
    with session_factory() as session:
        told = session.execute(text("SELECT kind, count(*) FROM outbox_changes GROUP BY 1")).all()
        assert sorted(map(tuple, told)) == [("applied", 1), ("created", 2)]


def test_files_of_one_dealer_at_once_end_as_the_newest_of_them(
    session_factory: SessionFactory, storage: Storage
) -> None:
    sheets = [sheet(*(row(f"A{number}", price=f"{price} lacs") for number in range(30))) for price in (40, 41, 42)]
    files = committed(session_factory, storage, *sheets)
    with ThreadPoolExecutor(3) as pool:
        results = list(pool.map(lambda file: apply(session_factory, storage, file), files))
    applied = [each for each in results if each.status == "applied"]
    assert {each.status for each in results} <= {"applied", "stale"}
    assert [each.created for each in applied].count(30) == 1
    with session_factory() as session:
        assert set(session.scalars(select(Listing.price_pkr))) == {4_200_000}
        assert session.scalar(select(func.count()).select_from(PRICES)) == 30 * len(applied)


def test_real_ads_import_once_and_fifty_new_prices_are_fifty_updates(
    session: Session, storage: Storage, real_data: Path
) -> None:
    data = (real_data / "ads_2025_raw.csv").read_bytes()
    org, mapping = get_org(session, "classifieds"), load_mapping("classifieds")

    def run(content: bytes) -> ImportResult:
        return import_delivery(ImportContext(session, storage), Delivery(org, "ads", content, mapping))

    first = run(data)
    assert (first.status, first.read) == ("applied", 7184)
    assert first.created + first.rejected == 7184
    assert first.created >= 0.97 * 7184
    assert run(data).status == "duplicate"
    ads = pl.read_csv(data, infer_schema=False)
    priced = ads.with_row_index().filter(pl.col("price").str.starts_with("PKR"))["index"].head(50)
    changed = ads.with_row_index().with_columns(
        price=pl.when(pl.col("index").is_in(priced.implode())).then(pl.lit("PKR 77.7 Lakh")).otherwise("price")
    )
    second = run(changed.drop("index").write_csv().encode())
    assert (second.created, second.updated, second.unchanged) == (0, 50, first.created - 50)
