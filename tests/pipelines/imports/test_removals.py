"""The removal guard: what is held back, who lets it happen, and how it is taken back."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.clock import utc_now
from core.db.tables import FeedAction, FeedFile, Listing, ListingRemoval, Org
from core.errors import ConflictError, InvalidInputError
from core.identity.orgs import add_org
from core.storage import Storage
from pipelines.feeds.mapping.store import load_mapping
from pipelines.imports import ImportResult, approve_removals, import_delivery, replay_file, undo_removals
from pipelines.listings.removal_limits import RemovalLimits
from pipelines.listings.removal_overrides import LimitOverrides, set_limits
from tests.inventory import CHANGES
from tests.pipelines.imports.test_precedence import live, row, sheet


@pytest.fixture
def org(session: Session) -> Org:
    return add_org(session, "khan-motors", "Khan Motors", default_mapping="showroom")


def deliver(session: Session, storage: Storage, org: Org, *rows: str) -> ImportResult:
    data, mapping = sheet(*rows), load_mapping("showroom")
    return import_delivery(session, storage, org=org, name="stock.csv", data=data, mapping=mapping, run_id="run")


def cars(count: int, price: str = "45 lacs") -> list[str]:
    return [row(f"A{number:02}", price=price) for number in range(count)]


def events(session: Session, kind: str) -> int:
    return session.scalar(select(func.count()).select_from(CHANGES).where(CHANGES.c.kind == kind)) or 0


def test_approval_removes_what_was_held_and_notes_who_and_when(session: Session, storage: Storage, org: Org) -> None:
    deliver(session, storage, org, *cars(40))
    held = deliver(session, storage, org, *cars(20))
    assert (held.removed, held.removals_held, len(live(session))) == (0, 20, 40)
    assert held.file_id is not None
    decision = approve_removals(session, storage, held.file_id, actor="ayesha")
    assert (decision.changed, decision.left, len(live(session)), events(session, "removed")) == (20, 0, 20, 20)
    file = session.get_one(FeedFile, held.file_id, populate_existing=True)
    assert (file.rows_removed, file.removals_held) == (20, 0)
    action = session.scalars(select(FeedAction)).one()
    assert (action.kind, action.actor, action.file_id, action.counts["changed"]) == (
        "approved", "ayesha", held.file_id, 20,
    )  # fmt: skip
    assert action.at is not None
    with pytest.raises(ConflictError, match="nothing to approve"):
        approve_removals(session, storage, held.file_id, actor="ayesha")


def test_cars_named_again_since_are_not_removed_by_a_late_approval(
    session: Session, storage: Storage, org: Org
) -> None:
    deliver(session, storage, org, *cars(40))
    held = deliver(session, storage, org, *cars(20))
    assert deliver(session, storage, org, *cars(25)).removals_held == 15
    assert held.file_id is not None
    decision = approve_removals(session, storage, held.file_id, actor="x")
    assert (decision.changed, decision.left, len(live(session))) == (15, 5, 25)
    assert session.scalar(select(func.max(FeedFile.removals_held))) == 0


def test_undo_brings_back_what_a_file_removed(session: Session, storage: Storage, org: Org) -> None:
    deliver(session, storage, org, *cars(40))
    gone = deliver(session, storage, org, *cars(30))
    assert (gone.removed, gone.removals_held, len(live(session))) == (10, 0, 30)
    assert gone.file_id is not None
    decision = undo_removals(session, storage, gone.file_id, actor="bilal")
    assert (decision.changed, len(live(session)), events(session, "updated")) == (10, 40, 10)
    assert session.scalar(select(func.count()).where(Listing.removed_at.is_not(None))) == 0
    assert set(session.scalars(select(ListingRemoval.state))) == {"undone"}
    file = session.get_one(FeedFile, gone.file_id, populate_existing=True)
    assert (file.rows_removed, file.undone_at is not None) == (0, True)
    assert (
        replay_file(session, storage, gone.file_id, actor="x", run_id=None).removed == 0
    )  # a person had the last word
    assert len(live(session)) == 40
    with pytest.raises(ConflictError, match="nothing to undo"):
        undo_removals(session, storage, gone.file_id, actor="bilal")


def test_undo_does_not_bring_back_a_car_that_was_sold_since(session: Session, storage: Storage, org: Org) -> None:
    deliver(session, storage, org, *cars(10))
    gone = deliver(session, storage, org, *cars(8))
    deliver(session, storage, org, *cars(8), row("A08", status="sold"))
    assert gone.file_id is not None
    decision = undo_removals(session, storage, gone.file_id, actor="x")
    assert (decision.changed, decision.left, "A08" in live(session), "A09" in live(session)) == (1, 1, False, True)


def test_empty_or_wholly_rejected_file_removes_nothing_even_when_told(
    session: Session, storage: Storage, org: Org
) -> None:
    deliver(session, storage, org, *cars(3))
    data, mapping = sheet(row("Z1", year=1820)), load_mapping("showroom")
    result = import_delivery(
        session, storage, org=org, name="s", data=data, mapping=mapping, run_id=None, accept_removals=True
    )
    assert (result.removed, result.removals_held, len(live(session))) == (0, 3, 3)


@pytest.mark.parametrize(
    ("limits", "removed"),
    [
        (LimitOverrides(), 0),
        (LimitOverrides(share=0.5), 20),
        (LimitOverrides(always=20), 20),
        (LimitOverrides(share=1.0, most=19), 0),
    ],
)
def test_limits_are_the_dealers_own(
    session: Session, storage: Storage, org: Org, limits: LimitOverrides, removed: int
) -> None:
    set_limits(session, org, limits, actor="x", now=utc_now())
    deliver(session, storage, org, *cars(40))
    result = deliver(session, storage, org, *cars(20))
    assert (result.removed, result.removals_held) == (removed, 20 - removed)


@pytest.mark.parametrize("limits", [LimitOverrides(share=1.1), LimitOverrides(always=-1), LimitOverrides(most=2**31)])
def test_impossible_limits_are_refused(session: Session, org: Org, limits: LimitOverrides) -> None:
    with pytest.raises(InvalidInputError):
        set_limits(session, org, limits, actor="x", now=utc_now())


@pytest.mark.parametrize(
    ("missing", "live_cars", "allowed"),
    [(5, 5, True), (6, 10, False), (30, 100, True), (31, 100, False), (1000, 9000, True), (1001, 9000, False)],
)
def test_published_limits(missing: int, live_cars: int, allowed: bool) -> None:
    assert RemovalLimits().allow(missing, live_cars) is allowed
