"""Reading a stored file again, seeing changes beforehand, and naming where a listing comes from."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from core.db.tables import FeedAction, FeedFile, FeedReject, Listing, Org
from core.identity.orgs import add_org
from core.storage import Storage
from pipelines.feeds.mapping.schema import Mapping
from pipelines.feeds.mapping.store import load_mapping
from pipelines.feeds.readers.limits import FeedLimits
from pipelines.feeds.reports.dealer_report import dealer_report
from pipelines.imports import (
    Delivery,
    ImportContext,
    ImportResult,
    diff_delivery,
    diff_replay,
    import_delivery,
    replay_file,
)
from pipelines.imports.precedence import newer_files_of
from pipelines.listings.provenance import listing_origin
from tests.examples import examples
from tests.factories.feeds import row, sheet
from tests.factories.sessions import rolled_back
from tests.pipelines.imports.test_precedence import ROWS, live

SHOWROOM = load_mapping("showroom")
_EVENTS = text("SELECT count(*) FROM outbox_changes WHERE topic = 'listing'")


def deliver(session: Session, storage: Storage, org: Org, *rows: str) -> ImportResult:
    data = sheet(*rows)
    return import_delivery(ImportContext(session, storage, run_id="run-1"), Delivery(org, "stock.csv", data, SHOWROOM))


def mended(**values: dict[str, str]) -> Mapping:
    return SHOWROOM.model_copy(update={"version": SHOWROOM.version + 1, "values": SHOWROOM.values | values})


def row_versions(session: Session) -> dict[str, str]:
    return dict(session.execute(text("SELECT source_key, ctid::text FROM listings")).all())


def test_replay_after_a_mapping_fix_changes_only_what_was_rejected(
    session: Session, storage: Storage, org: Org
) -> None:
    first = deliver(session, storage, org, row("A1"), row("A2", price="pkr n.a."), row("A3", year=1820))
    assert (first.created, first.reasons) == (1, {"bad_year": 1, "price_not_understood": 1})
    before = row_versions(session)
    assert first.file_id is not None
    mapping = mended(price={"pkr n.a.": "call"})
    seen = diff_replay(ImportContext(session, storage), first.file_id, mapping=mapping)
    assert (list(seen.created), seen.updated, seen.removed, row_versions(session)) == (["A2"], {}, {}, before)
    again = replay_file(ImportContext(session, storage, run_id="run-2"), first.file_id, actor="ayesha", mapping=mapping)
    assert (again.status, again.created, again.updated, again.unchanged, again.rejected) == ("applied", 1, 0, 1, 1)
    assert {key: at for key, at in row_versions(session).items() if key != "A2"} == before
    assert session.scalars(select(FeedReject.code)).all() == ["bad_year"]
    file = session.get_one(FeedFile, first.file_id)
    assert (file.mapping_version, file.run_id) == (mapping.version, "run-2")
    action = session.scalars(select(FeedAction)).one()
    assert (action.kind, action.actor, action.counts["before"]["rejected"]) == ("replayed", "ayesha", 2)


def test_replay_of_an_older_file_keeps_the_decisions_of_newer_ones(
    session: Session, storage: Storage, org: Org
) -> None:
    old = deliver(session, storage, org, row("A1"), row("A2", price="pkr n.a."), row("A3", price="pkr n.a."))
    deliver(session, storage, org, row("A1", price="50 lacs"), row("A2", year=1))
    assert old.file_id is not None
    mapping = mended(price={"pkr n.a.": "40 lacs"})
    again = replay_file(ImportContext(session, storage), old.file_id, actor="x", mapping=mapping)
    assert (again.created, again.updated, again.unchanged, again.rejected) == (1, 0, 2, 0)
    assert live(session) == {"A1": 5_000_000, "A2": 4_000_000}  # A3 is not in the newer full feed: it is gone


def test_replay_applies_the_present_limits(session: Session, storage: Storage, org: Org) -> None:
    old = deliver(session, storage, org, row("A1"))
    deliver(session, storage, org, row("A2"))
    assert old.file_id is not None
    tight = FeedLimits(file_bytes=10)
    assert replay_file(ImportContext(session, storage, tight), old.file_id, actor="x").status == "refused"
    assert diff_replay(ImportContext(session, storage, tight), old.file_id).result.status == "refused"
    file = session.get_one(FeedFile, old.file_id)
    assert newer_files_of(ImportContext(session, storage), file).rows == {"A2"}
    assert (
        newer_files_of(ImportContext(session, storage, tight), file).rows == frozenset()
    )  # it cannot be read: it decides every car


@pytest.mark.slow
@settings(max_examples=examples(12), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(ROWS, min_size=1, max_size=6), min_size=1, max_size=3), st.integers(0, 2))
def test_replay_with_the_same_mapping_changes_nothing_and_diff_equals_the_import(
    engine: Engine, storage: Storage, deliveries: list[list[str]], chosen: int
) -> None:
    with rolled_back(engine) as session:
        org = add_org(session, "any-motors", "Any Motors")
        results = []
        for rows in deliveries:
            before = live(session)
            seen = diff_delivery(ImportContext(session, storage), Delivery(org, "stock.csv", sheet(*rows), SHOWROOM))
            assert live(session) == before
            results.append(deliver(session, storage, org, *rows))
            assert (len(seen.created), len(seen.updated)) == (results[-1].created, results[-1].updated)
            assert before.keys() - live(session).keys() == seen.removed.keys()
        file_id = results[chosen % len(results)].file_id
        assert file_id is not None
        before_rows, events = row_versions(session), session.scalar(_EVENTS)
        of_file = select(FeedReject.row_number).where(FeedReject.file_id == file_id).order_by(FeedReject.row_number)
        rejects = session.scalars(of_file).all()
        again = replay_file(ImportContext(session, storage), file_id, actor="x")
        assert (again.created, again.updated) == (0, 0)
        assert row_versions(session) == before_rows
        assert session.scalar(_EVENTS) == events
        assert session.scalars(of_file).all() == rejects


def test_diff_names_each_changed_column_old_and_new(session: Session, storage: Storage, org: Org) -> None:
    deliver(session, storage, org, row("A1"), row("A2"), row("A3"))
    data = sheet(row("A1", price="50 lacs"), row("A2"), row("A4"))
    seen = diff_delivery(ImportContext(session, storage), Delivery(org, "stock.csv", data, SHOWROOM))
    assert seen.updated == {"A1": {"price_pkr": (4_500_000, 5_000_000)}}
    assert (list(seen.created), list(seen.removed)) == (["A4"], ["A3"])
    assert seen.as_json()["changes"]["updated"] == [
        {"key": "A1", "columns": {"price_pkr": {"old": 4_500_000, "new": 5_000_000}}}
    ]


def test_origin_of_a_listing_has_file_row_mapping_version_and_run(session: Session, storage: Storage, org: Org) -> None:
    first = deliver(session, storage, org, row("A0"), row("A1", price="soon"), row("A2", price="soon"))
    assert first.file_id is not None
    mapping = mended(price={"soon": "call"})
    replay_file(ImportContext(session, storage, run_id="run-2"), first.file_id, actor="x", mapping=mapping)
    for key, number in (("A0", 1), ("A1", 2)):
        listing = session.scalars(select(Listing).where(Listing.source_key == key)).one()
        origin = listing_origin(session, listing.id)
        assert (origin.file_id, origin.file, origin.row_number) == (first.file_id, "stock.csv", number)
        assert (origin.mapping, origin.mapping_version, origin.run_id) == ("showroom", mapping.version, "run-2")
    session.execute(text("UPDATE feed_actions SET at = at - interval '2 hours'"))  # replays are transactions apart
    session.execute(text("UPDATE listings SET updated_at = updated_at - interval '1 hour'"))
    worse = mended(price={"soon": "never"}).model_copy(update={"version": mapping.version + 1})
    replay_file(ImportContext(session, storage, run_id="run-3"), first.file_id, actor="x", mapping=worse)
    kept = session.scalars(select(Listing).where(Listing.source_key == "A1")).one()
    assert listing_origin(session, kept.id).mapping_version == mapping.version  # its content is still that reading's


def test_origin_of_a_removed_listing_has_the_removing_file(session: Session, storage: Storage, org: Org) -> None:
    deliver(session, storage, org, row("A1"), row("A2"))
    second = deliver(session, storage, org, row("A1"))
    gone = session.scalars(select(Listing).where(Listing.source_key == "A2")).one()
    assert listing_origin(session, gone.id).removed_by_file_id == second.file_id


def test_report_lists_deliveries_rejects_and_held_removals(session: Session, storage: Storage, org: Org) -> None:
    deliver(session, storage, org, *(row(f"A{number}") for number in range(30)))
    held = deliver(session, storage, org, *(row(f"A{number}") for number in range(10)), row("B", year=1820))
    report = dealer_report(session, org)
    assert [each.status for each in report.deliveries] == ["applied", "applied"]
    assert (report.live, report.rows_read, report.rows_usual) == (30, 11, 30.0)
    [reason] = report.rejects
    assert (reason.code, reason.rows, reason.fix) == ("bad_year", 1, "Correct the year.")
    assert (reason.examples[0]["row"], reason.examples[0]["value"]) == (11, "1820")
    [waiting] = report.held
    assert (waiting.file_id, waiting.cars) == (held.file_id, 20)
    empty = dealer_report(session, add_org(session, "new-motors", "New Motors"))
    assert (empty.deliveries, empty.rejects, empty.rows_read) == ([], [], None)
