"""The removal guard holds back cars, a person approves the removals, or undoes them."""

from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.clock import utc_now
from core.db.tables import FeedAction, FeedFile, FeedGuardOverrides, Listing, ListingRemoval, Org
from core.errors import ConflictError, InvalidInputError
from core.storage import Storage
from pipelines.feeds.mapping.store import load_mapping
from pipelines.imports import (
    Delivery,
    ImportContext,
    ImportResult,
    approve_removals,
    import_delivery,
    replay_file,
    undo_removals,
)
from pipelines.listings.removal_limits import RemovalLimits, override_removal_limits
from tests.factories.feeds import row, sheet
from tests.factories.listings import CHANGES
from tests.pipelines.imports.test_precedence import live


def deliver(session: Session, storage: Storage, org: Org, *rows: str) -> ImportResult:
    data, mapping = sheet(*rows), load_mapping("showroom")
    return import_delivery(ImportContext(session, storage, run_id="run"), Delivery(org, "stock.csv", data, mapping))


def cars(count: int, price: str = "45 lacs") -> list[str]:
    return [row(f"A{number:02}", price=price) for number in range(count)]


def events(session: Session, kind: str) -> int:
    return session.scalar(select(func.count()).select_from(CHANGES).where(CHANGES.c.kind == kind)) or 0


def test_approval_removes_held_cars_and_records_the_actor(session: Session, storage: Storage, org: Org) -> None:
    deliver(session, storage, org, *cars(40))
    held = deliver(session, storage, org, *cars(20))
    assert (held.removed, held.removals_held, len(live(session))) == (0, 20, 40)
    assert held.file_id is not None
    decision = approve_removals(ImportContext(session, storage), held.file_id, actor="ayesha")
    assert (decision.changed, decision.left, len(live(session)), events(session, "removed")) == (20, 0, 20, 20)
    file = session.get_one(FeedFile, held.file_id, populate_existing=True)
    assert (file.rows_removed, file.removals_held) == (20, 0)
    action = session.scalars(select(FeedAction)).one()
    assert (action.kind, action.actor, action.file_id, action.counts["changed"]) == (
        "approved", "ayesha", held.file_id, 20,
    )  # fmt: skip
    assert action.at is not None
    with pytest.raises(ConflictError, match="nothing to approve"):
        approve_removals(ImportContext(session, storage), held.file_id, actor="ayesha")


def test_late_approval_keeps_cars_that_a_newer_file_names(session: Session, storage: Storage, org: Org) -> None:
    deliver(session, storage, org, *cars(40))
    held = deliver(session, storage, org, *cars(20))
    assert deliver(session, storage, org, *cars(25)).removals_held == 15
    assert held.file_id is not None
    decision = approve_removals(ImportContext(session, storage), held.file_id, actor="x")
    assert (decision.changed, decision.left, len(live(session))) == (15, 5, 25)
    assert session.scalar(select(func.max(FeedFile.removals_held))) == 0


def test_file_with_lost_stock_numbers_removes_no_car_that_it_cannot_name(
    session: Session, storage: Storage, org: Org
) -> None:
    deliver(session, storage, org, *cars(10))
    lost = deliver(session, storage, org, *cars(7), row("4.89201E+11"), row("#REF!"), row("12-Mar"))
    assert (lost.reasons, lost.removed, lost.removals_held) == ({"bad_key": 3}, 0, 3)
    assert len(live(session)) == 10
    assert lost.file_id is not None
    assert approve_removals(ImportContext(session, storage), lost.file_id, actor="ayesha").changed == 3


def test_undo_brings_back_removed_cars(session: Session, storage: Storage, org: Org) -> None:
    deliver(session, storage, org, *cars(40))
    gone = deliver(session, storage, org, *cars(30))
    assert (gone.removed, gone.removals_held, len(live(session))) == (10, 0, 30)
    assert gone.file_id is not None
    decision = undo_removals(ImportContext(session, storage), gone.file_id, actor="bilal")
    assert (decision.changed, len(live(session)), events(session, "updated")) == (10, 40, 10)
    assert session.scalar(select(func.count()).where(Listing.removed_at.is_not(None))) == 0
    assert set(session.scalars(select(ListingRemoval.state))) == {"undone"}
    file = session.get_one(FeedFile, gone.file_id, populate_existing=True)
    assert (file.rows_removed, file.undone_at is not None) == (0, True)
    assert (
        replay_file(ImportContext(session, storage, run_id=None), gone.file_id, actor="x").removed == 0
    )  # a person had the last word
    assert len(live(session)) == 40
    with pytest.raises(ConflictError, match="nothing to undo"):
        undo_removals(ImportContext(session, storage), gone.file_id, actor="bilal")


def test_undo_does_not_bring_back_a_car_that_a_newer_file_calls_sold(
    session: Session, storage: Storage, org: Org
) -> None:
    deliver(session, storage, org, *cars(10))
    gone = deliver(session, storage, org, *cars(8))
    deliver(session, storage, org, *cars(8), row("A08", status="sold"))
    assert gone.file_id is not None
    decision = undo_removals(ImportContext(session, storage), gone.file_id, actor="x")
    assert (decision.changed, decision.left, "A08" in live(session), "A09" in live(session)) == (1, 1, False, True)


def test_file_without_accepted_rows_removes_nothing_even_if_removals_are_accepted(
    session: Session, storage: Storage, org: Org
) -> None:
    deliver(session, storage, org, *cars(3))
    data, mapping = sheet(row("Z1", year=1820)), load_mapping("showroom")
    result = import_delivery(ImportContext(session, storage), Delivery(org, "s", data, mapping), accept_removals=True)
    assert (result.removed, result.removals_held, len(live(session))) == (0, 3, 3)


def override(session: Session, org: Org, **limits: Any) -> None:
    values = {f"removal_{name}": limits.get(name) for name in ("share", "always", "most")}
    row = FeedGuardOverrides(org_id=org.id, changed_by="x", changed_at=utc_now(), **values)
    override_removal_limits(session, row)


@pytest.mark.parametrize(
    ("limits", "removed"),
    [
        ({}, 0),
        ({"share": 0.5}, 20),
        ({"always": 20}, 20),
        ({"share": 1.0, "most": 19}, 0),
    ],
)
def test_removal_limits_of_a_dealer_override_the_defaults(
    session: Session, storage: Storage, org: Org, limits: dict[str, Any], removed: int
) -> None:
    override(session, org, **limits)
    deliver(session, storage, org, *cars(40))
    result = deliver(session, storage, org, *cars(20))
    assert (result.removed, result.removals_held) == (removed, 20 - removed)


@pytest.mark.parametrize("limits", [{"share": 1.1}, {"always": -1}, {"most": 2**31}])
def test_invalid_removal_limits_are_refused(session: Session, org: Org, limits: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError):
        override(session, org, **limits)


@pytest.mark.parametrize(
    ("missing", "live_cars", "allowed"),
    [(5, 5, True), (6, 10, False), (30, 100, True), (31, 100, False), (1000, 9000, True), (1001, 9000, False)],
)
def test_default_removal_limits(missing: int, live_cars: int, allowed: bool) -> None:
    assert RemovalLimits().allow(missing, live_cars) is allowed
