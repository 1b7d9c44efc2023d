"""Compute the right states of a dealer's cars, step by step, in plain Python: the oracle of `test_life.py`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.states.listings import GIVERS, LISTING_STATES, Giver, Mover, is_in, may_move
from core.vocabulary import ListingStatus as State

MOST_MISSING = 5
"""A full file may lack this many of a dealer's cars without a person."""
FEEDS_STATES = (State.LIVE, State.WITHDRAWN)


RESERVED = LISTING_STATES[State.RESERVED].moves


@dataclass
class Car:
    """A car as it should be; `kept` has the feed's own values of the columns that people set."""

    columns: dict[str, Any]
    status: State = State.LIVE
    state_by: Giver = Giver.FEED
    held_from: Giver | None = None
    kept: dict[str, Any] = field(default_factory=dict)
    sequence: int = 1
    prices: list[int | None] = field(default_factory=list)
    said: str | None = None  # the last word of its feed: offered, sold or missing

    @property
    def is_the_feeds(self) -> bool:
        """Tell whether a file may take the car off the market."""
        return self.status is State.LIVE and self.state_by is Giver.FEED

    @property
    def differs(self) -> bool:
        """Tell whether the report lists the car as a difference."""
        on_offer = is_in(self.status, "searched")
        return self.said is not None and self.state_by is not Giver.FEED and on_offer == (self.said != "offered")

    def write(self, columns: Mapping[str, Any], status: State) -> None:
        """One change of the row: it counts once, and a new price is kept."""
        changed = self.columns != columns or self.status is not status
        if columns["price_pkr"] != self.columns["price_pkr"]:
            self.prices.append(columns["price_pkr"])
        self.columns, self.status = dict(columns), status
        self.sequence += changed


class Stock:
    """The cars of one dealer by key."""

    def __init__(self) -> None:
        self.cars: dict[str, Car] = {}

    def deliver(self, offered: Mapping[str, Mapping[str, Any]], sold: set[str]) -> None:
        """A full file names these cars, and calls those sold."""
        missing = [key for key, car in self.cars.items() if key not in offered and key not in sold]
        leaving = [key for key in missing if self.cars[key].is_the_feeds]
        believed = bool(offered) and len(leaving) <= MOST_MISSING
        for key in [*(key for key in self.cars if key in sold), *(leaving if believed else [])]:
            if self.cars[key].is_the_feeds:
                self.cars[key].write(self.cars[key].columns, State.WITHDRAWN)
        for key, columns in offered.items():
            self._offer(key, columns)
        self._hear(offered, sold, missing if offered else [])

    def _offer(self, key: str, columns: Mapping[str, Any]) -> None:
        car = self.cars.get(key)
        if car is None:
            self.cars[key] = Car(dict(columns), prices=[columns["price_pkr"]])
            return
        car.kept = {name: value for name, value in car.kept.items() if columns[name] == value}
        merged = {name: car.columns[name] if name in car.kept else value for name, value in columns.items()}
        comes_back = car.status is State.WITHDRAWN and car.state_by is Giver.FEED
        car.write(merged, State.LIVE if comes_back else car.status)

    def _hear(self, offered: Mapping[str, Any], sold: set[str], missing: list[str]) -> None:
        for word, keys in (("offered", list(offered)), ("sold", list(sold)), ("missing", missing)):
            for key in keys:
                if key in self.cars and self.cars[key].state_by is not Giver.FEED:
                    self.cars[key].said = word
                elif key in self.cars:
                    self.cars[key].said = None  # of a car whose state is its own word, a feed tells nothing

    def edit(self, key: str, given: Mapping[str, Any]) -> None:
        """A person sets columns."""
        car = self.cars[key]
        for name, value in given.items():
            if value == car.columns[name]:
                continue
            own = car.kept.pop(name, car.columns[name])
            if own != value:
                car.kept[name] = own
        car.write({**car.columns, **given}, car.status)

    def let_go(self, key: str, names: set[str]) -> None:
        """A person leaves columns to the feed."""
        car = self.cars[key]
        back = {name: car.kept.pop(name) for name in names & set(car.kept)}
        car.write({**car.columns, **back}, car.status)

    def move(self, key: str, to: State, mover: Mover, *, leave_to_feed: bool = False) -> str | None:
        """A party moves a car; the code of the refusal where it may not."""
        car = self.cars[key]
        if car.state_by is Giver.DEPOSIT and (to is State.RESERVED or mover in RESERVED.get(to, frozenset())):
            return None  # it is remembered by the deposit
        stays = to is car.status and car.state_by is not Giver.DEPOSIT
        if not stays and not may_move(car.status, to, mover, car.state_by):
            return "move_refused"
        if leave_to_feed and to not in FEEDS_STATES:
            return "no_feed"
        car.write(car.columns, to)
        car.state_by = Giver.FEED if leave_to_feed else GIVERS[mover]
        return None

    def hold(self, key: str) -> bool:
        """A deposit reserves a car, if it may."""
        car = self.cars[key]
        if not may_move(car.status, State.RESERVED, Mover.DEPOSIT, car.state_by):
            return False
        car.write(car.columns, State.RESERVED)
        car.held_from, car.state_by = car.state_by, Giver.DEPOSIT
        return True

    def end_hold(self, key: str, to: State) -> bool:
        """A deposit ends: the car is sold, or whose it was before."""
        car = self.cars[key]
        if car.state_by is not Giver.DEPOSIT or not may_move(car.status, to, Mover.DEPOSIT, car.state_by):
            return False
        car.write(car.columns, to)
        car.state_by = car.held_from or Giver.PERSON
        return True
