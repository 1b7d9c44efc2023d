"""Imports have the same results with and without the row cache, and wherever digests are compared."""

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from core.db.tables import Branch, Org
from core.errors import ConflictError
from core.identity.orgs import add_org
from core.storage import Storage
from pipelines.feeds.mapping.schema import Mapping
from pipelines.feeds.mapping.store import load_mapping
from pipelines.feeds.parsing import read_rows
from pipelines.imports import (
    Delivery,
    ImportContext,
    ImportResult,
    approve_removals,
    import_delivery,
    preview_file,
    replay_file,
    undo_removals,
)
from pipelines.imports.parsed import row_cache_store
from pipelines.listings import bulk_writer
from tests.factories.sessions import rolled_back

HEADER = "Stock No,Title,Make,Model,Year,Demand,Branch,Status,Listed"
NOW = datetime(2026, 5, 1, tzinfo=UTC)
SHOWROOM = load_mapping("showroom")
CHEAP = SHOWROOM.model_copy(update={"values": SHOWROOM.values | {"price": {"45 lacs": "44 lacs"}}})  # same version
STATE = text("""
SELECT l.source_key, l.status, l.price_pkr, l.branch_id IS NULL, encode(l.content_hash, 'hex'), f.snapshot_at,
  l.row_number,
  (SELECT count(*) FROM listing_price_history p WHERE p.listing_id = l.id),
  (SELECT string_agg(e.kind, ',' ORDER BY e.id) FROM outbox_changes e WHERE e.subject_id = l.id)
FROM listings l JOIN feed_files f ON f.id = l.file_id ORDER BY 1
""")
REJECTS = text("SELECT row_number, source_key, code, value, byte_offset FROM feed_rejects ORDER BY file_id, row_number")


def row(
    key: str, year: int = 2018, price: str = "45 lacs", branch: str = "", status: str = "", listed: str = ""
) -> str:
    return f"{key},Toyota Corolla,Toyota,Corolla,{year},{price},{branch},{status},{listed}"


def sheet(*rows: str) -> bytes:
    return "\n".join([HEADER, *rows, ""]).encode()


ROWS = st.builds(
    row,
    st.sampled_from([f"K{number}" for number in range(7)]),
    st.sampled_from([2018, 2018, 2018, 2026, 1820]),
    st.sampled_from(["45 lacs", "45 lacs", "46 lacs"]),
    st.sampled_from(["", "", "dha", "new"]),
    st.sampled_from(["", "", "", "", "sold"]),
    st.sampled_from(["", "01/05/2025", "01/05/2024"]),
)
BY_OTHER_MEANS = {
    "taken off": "UPDATE listings SET status = 'withdrawn', removed_at = now() WHERE source_key < 'K3'",
    "sold": "UPDATE listings SET status = 'sold', state_by = 'person', removed_at = now() WHERE source_key = 'K3'",
    "deleted": "DELETE FROM listings WHERE source_key = 'K4'",
    "edited": "UPDATE listings SET price_pkr = 5, content_hash = '\\x00' WHERE source_key = 'K5'",
}
"""Changes that no file of this mapping made."""
SHEETS = st.lists(ROWS, min_size=1, max_size=9).map(lambda rows: sheet(*rows))
DELIVER = st.tuples(st.just("deliver"), SHEETS, st.integers(0, 40), st.booleans())
OTHERS = st.sampled_from(
    [(kind, b"", 0, False) for kind in ("again", "undo", "approve", "branch", "mapping", "replay", *BY_OTHER_MEANS)]
)
ACTIONS = st.lists(st.one_of(DELIVER, DELIVER, OTHERS), min_size=2, max_size=6)


def deliver(
    session: Session,
    storage: Storage,
    org: Org,
    data: bytes,
    *,
    mapping: Mapping = SHOWROOM,
    hour: int = 0,
    **options: Any,
) -> ImportResult:
    delivery = Delivery(org, "stock.csv", data, mapping, snapshot_at=NOW + timedelta(hours=hour))
    return import_delivery(ImportContext(session, storage, run_id="t"), delivery, **options)


def played(engine: Engine, storage: Storage, actions: list[tuple[str, bytes, int, bool]]) -> list[Any]:
    """Return the results and tables after each step of a history."""
    seen: list[Any] = []
    with rolled_back(engine) as session:
        org = add_org(session, "any-motors", "Any Motors")
        session.add(Branch(org_id=org.id, code="dha", name="DHA", city="Lahore"))
        session.flush()
        mapping, data, last = SHOWROOM, sheet(row("K0")), None
        for at, (kind, given_data, hours_late, believed) in enumerate(actions):
            hour = at * 10
            session.execute(text(BY_OTHER_MEANS.get(kind, "SELECT")))
            try:
                if kind in ("deliver", "again"):
                    data = given_data or data
                    hour -= hours_late if hours_late > 30 else 0  # now and then one comes late
                    result = deliver(session, storage, org, data, mapping=mapping, hour=hour, accept_removals=believed)
                    last = result.file_id or last
                    seen.append((result.as_json() | {"file_id": None}, result.unknown_branches, result.removals_held))
                elif kind == "branch":
                    session.add(Branch(org_id=org.id, code="new", name="New", city="Lahore"))
                    session.flush()
                elif kind == "mapping":
                    mapping = CHEAP
                elif last is not None and kind == "replay":
                    replayed = replay_file(
                        ImportContext(session, storage, run_id="t"), last, actor="x", mapping=mapping
                    )
                    seen.append(replayed.as_json() | {"file_id": None})
                elif last is not None and kind in ("undo", "approve"):
                    decide = undo_removals if kind == "undo" else approve_removals
                    seen.append(decide(ImportContext(session, storage), last, actor="x"))
            except ConflictError as error:
                seen.append(error.code)
            except Exception as error:
                if kind != "branch":  # the same branch twice
                    raise
                seen.append(type(error).__name__)
                break
            seen += [session.execute(STATE).all(), session.execute(REJECTS).all()]
    return seen


@pytest.mark.slow
@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ACTIONS)
def test_every_history_is_the_same_with_and_without_cache(
    engine: Engine, storage: Storage, actions: list[tuple[str, bytes, int, bool]]
) -> None:
    expected = played(engine, storage, actions)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(row_cache_store, "FEWEST_BYTES", 0)
        patched.setattr(bulk_writer, "WORTH_FETCHING", 0)
        assert played(engine, storage, actions) == expected


@pytest.fixture
def org(session: Session, monkeypatch: pytest.MonkeyPatch) -> Org:
    monkeypatch.setattr(row_cache_store, "FEWEST_BYTES", 0)
    return add_org(session, "khan-motors", "Khan Motors")


STOCK = [row(f"K{number}") for number in range(8)]


def count_normalised(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Record the number of rows that each reading normalises from now on."""
    counted: list[int] = []
    real = read_rows.normalise

    def counting(fields: pl.DataFrame, mapping: Mapping) -> pl.DataFrame:
        counted.append(fields.height)
        return real(fields, mapping)

    monkeypatch.setattr(read_rows, "normalise", counting)
    return counted


@pytest.mark.slow
def test_only_new_rows_are_normalised(
    session: Session, storage: Storage, org: Org, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(session, storage, org, sheet(*STOCK))
    counted = count_normalised(monkeypatch)
    result = deliver(session, storage, org, sheet(*STOCK[:7], row("K7", price="50 lacs"), row("K8")), hour=1)
    assert (result.created, result.updated, result.unchanged, counted) == (1, 1, 7, [2])
    deliver(session, storage, org, sheet(*STOCK[:7], row("K7", price="50 lacs"), row("K8"), row("K9")), hour=2)
    assert counted == [2, 1]  # the cache grows with the rows that were read


def test_recognised_car_that_a_person_removed_comes_back(
    session: Session, storage: Storage, org: Org, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(session, storage, org, sheet(*STOCK))
    session.execute(text("UPDATE listings SET status = 'withdrawn', removed_at = now() WHERE source_key = 'K3'"))
    counted = count_normalised(monkeypatch)
    result = deliver(session, storage, org, sheet(*STOCK, row("K9")), hour=1)
    assert (result.created, result.updated, result.unchanged) == (1, 1, 7)
    assert counted == [1, 2]  # of the recognised rows those alone that the table does not show are read
    assert session.scalar(text("SELECT count(*) FROM listings WHERE status = 'live'")) == 9


def test_preview_writes_no_cache_and_a_damaged_cache_is_replaced(session: Session, storage: Storage, org: Org) -> None:
    preview_file(ImportContext(session, storage), Delivery(org, "preview", sheet(*STOCK), SHOWROOM))
    assert list(storage.keys("known")) == []
    deliver(session, storage, org, sheet(*STOCK))
    (key,) = storage.keys("known")
    storage.put(key, storage.get(key)[:100])
    assert deliver(session, storage, org, sheet(*STOCK, row("K9")), hour=1).unchanged == 8
