"""Read a number with its unit: 20 lac, 1 crore 20 lakh, 2k12, 1300cc, 1.5l, 7 seater, 50,000 km."""

import re
from collections.abc import Container
from dataclasses import dataclass
from enum import StrEnum

from core.search.reading.lexicon import Lexicon, Phrase
from core.search.reading.tokens import Token

FIRST_YEAR, LAST_YEAR = 1950, 2035
_LEAST_PRICE = 50_000  # a bare number from here on is rupees
_MOST_RUPEES = 10**11
_MOST_DIGITS = 15
_SHORT_YEAR = re.compile(r"(?:2k|2ooo|20o|2o)(\d{1,2})")
_PARTS_OF_LAKH = {"sarhe": 0.5, "saarhe": 0.5, "ساڑھے": 0.5, "sawa": 0.25, "سوا": 0.25, "paune": -0.25, "pone": -0.25,
                  "پونے": -0.25}  # fmt: skip


class Kind(StrEnum):
    """The unit that a number counts."""

    PRICE = "price"
    YEAR = "year"
    MILEAGE = "mileage"
    ENGINE = "engine_cc"
    LITRES = "litres"
    SEATS = "seats"
    BARE = "bare"


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number, what it counts, and the token behind it. `unit` is what its value was multiplied by."""

    kind: Kind
    value: float
    stop: int
    unit: int = 1
    decimal: bool = False


def phrase_at(tokens: list[Token], at: int, phrases: Container[Phrase], longest: int = 4) -> Phrase | None:
    """Return the longest of the phrases that begins at this token."""
    for size in range(min(longest, len(tokens) - at), 0, -1):
        found = tuple(token.text for token in tokens[at : at + size])
        if found in phrases:
            return found
    return None


def quantity_at(tokens: list[Token], at: int, known: Lexicon) -> Quantity | None:
    """Read the number that begins at a token, if there is one."""
    token = tokens[at]
    if (short := _SHORT_YEAR.fullmatch(token.text)) is not None:
        year = 2000 + int(short[1])
        return Quantity(Kind.YEAR, year, _past_year_word(tokens, at + 1, known)) if year <= LAST_YEAR else None
    if (added := _PARTS_OF_LAKH.get(token.text)) is not None and at + 1 < len(tokens):
        amount = phrase_at(tokens, at + 1, known.amounts)
        if amount is not None:
            return _money(tokens, 1 + added, at + 1 + len(amount), known.amounts[amount], known)
        whole = quantity_at(tokens, at + 1, known)
        return None if whole is None else Quantity(
            whole.kind, whole.value + added * whole.unit, whole.stop, whole.unit
        )  # fmt: skip
    number = _number_at(tokens, at, known)
    return None if number is None else _with_unit(tokens, number, known, written=not token.is_number)


def _number_at(tokens: list[Token], at: int, known: Lexicon) -> Quantity | None:
    """Read digits ("1,500,000", "5.5") or a number word that a unit follows."""
    if not tokens[at].is_number:
        said = phrase_at(tokens, at, known.numbers)
        return None if said is None else Quantity(Kind.BARE, known.numbers[said], at + len(said))
    if len(tokens[at].text) > _MOST_DIGITS:
        return None
    digits, stop = tokens[at].text, at + 1
    while _joined_by(",", tokens, stop) and len(tokens[stop].text) in (2, 3) and len(digits) < _MOST_DIGITS:
        digits, stop = digits + tokens[stop].text, stop + 1
    if _joined_by(".", tokens, stop) and len(tokens[stop].text) < 3:
        return Quantity(Kind.BARE, float(f"{digits}.{tokens[stop].text}"), stop + 1, decimal=True)
    return Quantity(Kind.BARE, int(digits), stop)


def _joined_by(sign: str, tokens: list[Token], at: int) -> bool:
    return at < len(tokens) and tokens[at].gap == sign and tokens[at].is_number


def _with_unit(tokens: list[Token], number: Quantity, known: Lexicon, *, written: bool) -> Quantity | None:
    value, at = number.value, number.stop
    for kind, name in ((Kind.MILEAGE, "km"), (Kind.ENGINE, "cc"), (Kind.SEATS, "seats"), (Kind.LITRES, "litre")):
        unit = phrase_at(tokens, at, known.units[name])
        if unit is not None and _fits(kind, value):
            return Quantity(kind, value, at + len(unit))
    amount = phrase_at(tokens, at, known.amounts)
    if amount is not None:
        return _money(tokens, value, at + len(amount), known.amounts[amount], known)
    if written:
        return None
    year_word = phrase_at(tokens, at, known.units["year"])
    if not number.decimal and FIRST_YEAR <= value <= LAST_YEAR:
        return Quantity(Kind.YEAR, value, at + len(year_word or ()))
    if year_word is not None and not number.decimal and value < 100 and len(tokens[at - 1].text) == 2:
        return Quantity(Kind.YEAR, century(int(value)), at + len(year_word))
    if not number.decimal and _LEAST_PRICE <= value <= _MOST_RUPEES:
        return Quantity(Kind.PRICE, value, at)
    if number.decimal and 0.6 <= value < 7:
        return Quantity(Kind.LITRES, value, at, decimal=True)
    return number


def _money(tokens: list[Token], value: float, at: int, unit: int, known: Lexicon) -> Quantity | None:
    """Read rupees, and what is added to them by a smaller unit ("1 crore 20 lakh"); thousands of km are a mileage."""
    total = value * unit
    km = phrase_at(tokens, at, known.units["km"])
    if km is not None:
        return Quantity(Kind.MILEAGE, total, at + len(km), unit)
    if at < len(tokens) and (more := _number_at(tokens, at, known)) is not None:
        smaller = phrase_at(tokens, more.stop, known.amounts)
        if smaller is not None and known.amounts[smaller] < unit and more.value * known.amounts[smaller] < unit:
            total, at = total + more.value * known.amounts[smaller], more.stop + len(smaller)
    if not 1 <= total <= _MOST_RUPEES or (unit == 1_000 and total < _LEAST_PRICE):
        return None
    return Quantity(Kind.PRICE, total, at, unit)


def century(two_digits: int) -> int:
    """Return the year that two digits stand for.

    >>> century(98), century(15)
    (1998, 2015)
    """
    return two_digits + (2000 if two_digits <= LAST_YEAR - 2000 else 1900)


def _fits(kind: Kind, value: float) -> bool:
    limits = {Kind.MILEAGE: (0, 10**7), Kind.ENGINE: (200, 9_000), Kind.SEATS: (2, 60), Kind.LITRES: (0.5, 9)}
    low, high = limits[kind]
    return low <= value <= high


def _past_year_word(tokens: list[Token], at: int, known: Lexicon) -> int:
    return at + len(phrase_at(tokens, at, known.units["year"]) or ())
