"""Prospects: the leads of an ADF document, as values. Texts are as they were written, without space around them."""

from dataclasses import dataclass, field
from typing import Final

INTERESTS: Final = ("buy", "lease", "sell", "trade-in", "test-drive")
UNITS: Final = ("km", "mi")


@dataclass(frozen=True)
class AdfId:
    """A number that a system gave to a prospect. Its sequence tells the first system from later ones."""

    value: str
    source: str = ""
    sequence: str = "1"


@dataclass(frozen=True)
class Vehicle:
    """A car that the buyer asks about, or (interest `trade-in` or `sell`) the buyer's own."""

    year: str = ""
    make: str = ""
    model: str = ""
    vin: str = ""
    stock: str = ""
    trim: str = ""
    odometer: str = ""
    units: str = ""  # "km", "mi", or not said
    price: str = ""
    currency: str = ""  # three letters, or not said
    interest: str = "buy"
    status: str = ""  # "new", "used", or not said
    comments: str = ""

    @property
    def names_something(self) -> bool:
        """Whether anything is said that tells which car is meant, or what about it."""
        own = (self.year, self.make, self.model, self.vin, self.stock, self.trim, self.odometer, self.price)
        return any(own) or bool(self.comments)


@dataclass(frozen=True)
class Person:
    """The buyer, by the ways to answer."""

    name: str = field(default="", repr=False)
    email: str = field(default="", repr=False)
    phones: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class Prospect:
    """One lead. `vendor` and `provider` are what the document says: they decide nothing about whose lead it is."""

    ids: tuple[AdfId, ...] = ()
    requested: str = ""  # a date with time, as written: the clocks start at receipt all the same
    vehicles: tuple[Vehicle, ...] = ()
    customer: Person = Person()
    comments: str = field(default="", repr=False)
    vendor: str = ""
    provider: str = ""
    resent: bool = False
