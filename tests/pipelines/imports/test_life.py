"""Whatever feeds, people, moderators and deposits do to a dealer's cars, they are as the table of states says.

`make listing-life` looks for new histories, some thousands of them.
"""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import hypothesis
import pytest
from hypothesis import HealthCheck
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from core.access.principal import Membership, Principal
from core.access.roles import Role
from core.db.tables import Listing
from core.db.tables.people import User
from core.errors import AutomartError
from core.identity.orgs import add_org
from core.states.listings import Giver, Mover
from core.storage import Storage
from core.vocabulary import ListingStatus as State
from pipelines.feeds.deliveries.delivery import Delivery
from pipelines.feeds.mapping.store import load_mapping
from pipelines.feeds.reports.differences import differences_of
from pipelines.imports import ImportContext, import_delivery
from pipelines.listings import bulk_writer
from pipelines.listings.single_writes import SingleListingRepository
from serving.listings.management.changing import ListingChange, change_listing
from serving.listings.management.moving import Move, move_listing
from tests.factories.listings import PRICES
from tests.factories.managers import manager
from tests.factories.sessions import rolled_back
from tests.pipelines.imports.life_model import Stock

SHOWROOM = load_mapping("showroom")
HEADER = "Stock No,Title,Make,Model,Year,Demand,Branch,Status,Printed"
KEYS = [f"K{number}" for number in range(7)]
VALUES = {
    "price_pkr": st.sampled_from([3_000_000, 3_100_000, None]),
    "title": st.sampled_from(["Corolla", "Corolla GLi"]),
    "model_year": st.sampled_from([2018, 2019]),
}
COLUMNS = st.fixed_dictionaries(VALUES)
EDITS = st.fixed_dictionaries({}, optional=VALUES).filter(bool)
KEY = st.sampled_from(KEYS)
STATE = st.sampled_from(list(State))
ROWS = st.dictionaries(KEY, st.tuples(COLUMNS, st.sampled_from(["", "", "", "sold"])), min_size=1)


def line(key: str, columns: dict[str, Any], status: str, printed: int) -> str:
    price = "call" if columns["price_pkr"] is None else columns["price_pkr"]
    return f"{key},{columns['title']},Toyota,Corolla,{columns['model_year']},{price},,{status},{printed}"


class Life(RuleBasedStateMachine):
    """One dealer with seven keys, whose files are its whole stock."""

    def __init__(self, engine: Engine, storage: Storage) -> None:
        super().__init__()
        self._open = ExitStack()
        self.session: Session = self._open.enter_context(rolled_back(engine))
        self._storage, self._printed, self.model = storage, 0, Stock()
        self._org = add_org(self.session, "khan-motors", "Khan Motors", default_mapping="showroom")
        self._people = {mover: self._person(mover) for mover in (Mover.DEALER, Mover.MODERATOR)}
        self._worth_fetching = bulk_writer.WORTH_FETCHING

    def _person(self, mover: Mover) -> Principal:
        user = User()
        self.session.add(user)
        self.session.flush()
        held = Membership(self._org.id, "khan-motors", Role.SALES_AGENT)
        if mover is Mover.MODERATOR:
            staff = add_org(self.session, "automart", "Automart", kind="platform")
            held = Membership(staff.id, "automart", Role.MODERATOR, org_kind="platform")
        return Principal(user.id, (held,))

    def teardown(self) -> None:
        bulk_writer.WORTH_FETCHING = self._worth_fetching
        self._open.close()

    @initialize(here=st.booleans())
    def compare(self, here: bool) -> None:
        """Rows are compared here or in the database, whichever is less work."""
        bulk_writer.WORTH_FETCHING = 0 if here else 5_000

    @rule(rows=ROWS)
    def deliver(self, rows: dict[str, tuple[dict[str, Any], str]]) -> None:
        """The column `Printed` is not read, and makes the bytes new."""
        self._printed += 1
        lines = [line(key, columns, status, self._printed) for key, (columns, status) in rows.items()]
        data = "\n".join([HEADER, *lines, ""]).encode()
        result = import_delivery(
            ImportContext(self.session, self._storage), Delivery(self._org, "s.csv", data, SHOWROOM)
        )
        assert result.status == "applied", result
        offered = {key: columns for key, (columns, status) in rows.items() if not status}
        self.model.deliver(offered, {key for key, (_, status) in rows.items() if status})

    @precondition(lambda self: self.model.cars)
    @rule(key=KEY, given=EDITS)
    def edit(self, key: str, given: dict[str, Any]) -> None:
        if key in self.model.cars:
            self._change(key, ListingChange(given))
            self.model.edit(key, given)

    @precondition(lambda self: any(car.kept for car in self.model.cars.values()))
    @rule(key=KEY, names=st.sets(st.sampled_from(sorted(VALUES)), min_size=1))
    def let_go(self, key: str, names: set[str]) -> None:
        if key in self.model.cars:
            self._change(key, ListingChange({}, let_go=tuple(names)))
            self.model.let_go(key, names)

    @precondition(lambda self: self.model.cars)
    @rule(key=KEY, to=STATE, mover=st.sampled_from([Mover.DEALER, Mover.MODERATOR]), leave=st.booleans())
    def move(self, key: str, to: State, mover: Mover, leave: bool) -> None:
        if key not in self.model.cars:
            return
        wish = Move(to, leave_to_feed=leave)
        refusal = _code(lambda: move_listing(self.session, manager(self._people[mover]), self._car(key).id, wish))
        assert refusal == self.model.move(key, to, mover, leave_to_feed=leave)

    @precondition(lambda self: self.model.cars)
    @rule(key=KEY)
    def hold(self, key: str) -> None:
        if key in self.model.cars and self.model.hold(key):
            SingleListingRepository(self.session).move(self._car(key), State.RESERVED, Giver.DEPOSIT, None)

    @precondition(lambda self: any(car.state_by is Giver.DEPOSIT for car in self.model.cars.values()))
    @rule(key=KEY, to=st.sampled_from([State.LIVE, State.SOLD]))
    def end_hold(self, key: str, to: State) -> None:
        if key in self.model.cars and self.model.end_hold(key, to):
            SingleListingRepository(self.session).move(self._car(key), to, self.model.cars[key].state_by, None)

    @invariant()
    def cars_are_as_the_table_says(self) -> None:
        self.session.expire_all()
        found = self.session.scalars(select(Listing).where(Listing.org_id == self._org.id)).all()
        assert {car.source_key: self._as_it_is(car) for car in found} == {
            key: (car.status, car.state_by, car.columns, car.kept, car.sequence, car.prices)
            for key, car in self.model.cars.items()
        }

    @invariant()
    def report_tells_where_feed_and_people_differ(self) -> None:
        told = {each.source_key: each.feed_says for each in differences_of(self.session, self._org.id).states}
        assert told == {key: car.said for key, car in self.model.cars.items() if car.differs}

    def _as_it_is(self, car: Listing) -> tuple[Any, ...]:
        prices = select(PRICES.c.price_pkr).where(PRICES.c.listing_id == car.id)
        paid = list(self.session.scalars(prices.order_by(PRICES.c.observed_at, PRICES.c.id)))
        kept = {name: each["feed"] for name, each in (car.origin or {}).items()}
        columns = {name: getattr(car, name) for name in VALUES}
        return State(car.status), Giver(car.state_by), columns, kept, car.sequence, paid

    def _change(self, key: str, change: ListingChange) -> None:
        change_listing(self.session, manager(self._people[Mover.DEALER]), self._car(key).id, change, "*")

    def _car(self, key: str) -> Listing:
        query = select(Listing).where(Listing.source_key == key, Listing.org_id == self._org.id)
        return self.session.scalars(query).one()


def _code(act: Callable[[], object]) -> str | None:
    try:
        act()
    except AutomartError as error:
        return error.code
    return None


def live(engine: Engine, storage: Storage, **options: Any) -> None:
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    settings = hypothesis.settings(deadline=None, suppress_health_check=checks, **options)
    run_state_machine_as_test(lambda: Life(engine, storage), settings=settings)


def test_cars_live_as_the_table_of_states_says(engine: Engine, storage: Storage) -> None:
    live(engine, storage, max_examples=4, stateful_step_count=12, derandomize=True)


@pytest.mark.sweep
@pytest.mark.timeout(3_600)
def test_cars_live_so_through_long_histories(engine: Engine, storage: Storage) -> None:
    live(engine, storage, max_examples=200, stateful_step_count=40, derandomize=False)
