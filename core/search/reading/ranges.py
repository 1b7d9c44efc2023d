"""Read a number with the words around it as a range: under, tak, between, 15-20 lakh, after 2016, 2015-18, 2019+."""

from dataclasses import replace
from typing import Any

from core.search.reading.chips import Chip, ChipField
from core.search.reading.lexicon import Bound, Lexicon
from core.search.reading.quantities import FIRST_YEAR, LAST_YEAR, Kind, Quantity, century, phrase_at, quantity_at
from core.search.reading.tokens import Token

_LAKH = 100_000
_MOST_LAKHS = 400
_FIRST_SHORT = 1980  # a year of two digits without a word that says so
_LEAST_KM = 1_000  # after "mileage": smaller numbers may be anything
_FIELDS = {
    Kind.PRICE: ChipField.PRICE,
    Kind.YEAR: ChipField.YEAR,
    Kind.MILEAGE: ChipField.MILEAGE,
    Kind.ENGINE: ChipField.ENGINE,
    Kind.LITRES: ChipField.ENGINE,
    Kind.SEATS: ChipField.SEATS,
}
_NEAR = ((0.9, 1.03), (0.85, 1.1), (0.75, 1.25))  # shares of a price that was named without a bound, ever wider
_SAID_NEAR = ((0.9, 1.1), (0.8, 1.2))
_AFTER_A_PAIR = (Bound.BETWEEN, Bound.AROUND, Bound.AT_MOST)
_DASHES = ("-", "–", "—", "~")


def range_at(tokens: list[Token], at: int, known: Lexicon) -> tuple[Chip, int] | None:
    """Read a range that begins at a token: the chip, and the token behind it."""
    counted = phrase_at(tokens, at, known.units["km_before"])
    if counted is not None and (driven := _driven(tokens, at, at + len(counted), known)) is not None:
        return driven
    before = phrase_at(tokens, at, known.before)
    year_word = None if before is not None else phrase_at(tokens, at, known.units["year"])
    start = at + len(before or year_word or ())
    if start >= len(tokens):
        return None
    first = quantity_at(tokens, start, known)
    if first is None or (year_word is not None and (first := _as_year(first, tokens)) is None):
        return None
    bound = known.before[before] if before is not None else None
    second = _second(tokens, first, known)
    if second is not None and (pair := _same_kind(first, second)) is not None:
        stop = second.stop
        after = phrase_at(tokens, stop, known.after)
        stop += len(after) if after is not None and known.after[after] in _AFTER_A_PAIR else 0
        return _chip(tokens, at, stop, pair[0].kind, _between(*pair))
    return _one(tokens, at, first, bound, known)


def _driven(tokens: list[Token], at: int, start: int, known: Lexicon) -> tuple[Chip, int] | None:
    """Read kilometres whose unit stands before them: "mileage under 40000"."""
    before = phrase_at(tokens, start, known.before)
    number_at = start + len(before or ())
    if number_at >= len(tokens) or (first := _as_km(quantity_at(tokens, number_at, known))) is None:
        return None
    second = _second(tokens, first, known)
    if second is not None and (other := _as_km(second)) is not None:
        low, high = sorted((first.value, other.value))
        after = phrase_at(tokens, other.stop, known.after)
        stop = other.stop + (len(after) if after is not None and known.after[after] in _AFTER_A_PAIR else 0)
        return _chip(tokens, at, stop, Kind.MILEAGE, _range(Kind.MILEAGE, low, high))
    return _one(tokens, at, first, known.before[before] if before is not None else None, known)


def _as_km(number: Quantity | None) -> Quantity | None:
    if number is None or number.value < _LEAST_KM or number.kind not in (Kind.BARE, Kind.PRICE, Kind.MILEAGE):
        return None
    return replace(number, kind=Kind.MILEAGE)


def _one(
    tokens: list[Token], at: int, number: Quantity, bound: Bound | None, known: Lexicon
) -> tuple[Chip, int] | None:
    stop = number.stop
    after = phrase_at(tokens, stop, known.after)
    if after is not None and (bound is None or known.after[after] is Bound.AROUND):
        bound = bound or known.after[after]
        stop += len(after)
    elif bound is None and tokens[stop - 1].sign == "+":
        bound = Bound.AT_LEAST
    if number.kind is Kind.BARE:
        if bound in (None, Bound.AROUND, Bound.BETWEEN) or not 1 <= number.value <= _MOST_LAKHS:
            return None
        number = replace(number, kind=Kind.PRICE, value=number.value * _LAKH)
    bounds = _bounds(number, bound)
    return _chip(tokens, at, stop, number.kind, *bounds) if bounds else None


def _second(tokens: list[Token], first: Quantity, known: Lexicon) -> Quantity | None:
    if first.stop >= len(tokens):
        return None
    word = phrase_at(tokens, first.stop, known.units["to"])
    if word is None and tokens[first.stop].gap.strip() not in _DASHES:
        return None
    at = first.stop + len(word or ())
    return quantity_at(tokens, at, known) if at < len(tokens) else None


def _same_kind(first: Quantity, second: Quantity) -> tuple[Quantity, Quantity] | None:
    """Give both numbers of a range one kind: "15 to 20 lakh", "2015-18", "660 to 1000cc"."""
    if first.kind is Kind.YEAR and second.kind is Kind.BARE and 0 <= second.value < 100 and not second.decimal:
        second = replace(second, kind=Kind.YEAR, value=first.value // 100 * 100 + second.value)
    elif first.kind is Kind.LITRES and second.kind is Kind.PRICE and second.unit > 1:
        first = replace(first, kind=Kind.PRICE, value=first.value * second.unit)
    elif first.kind is Kind.BARE and second.kind is not Kind.BARE:
        scale = second.unit if second.kind in (Kind.PRICE, Kind.MILEAGE) else 1
        first = replace(first, kind=second.kind, value=first.value * scale)
    if first.kind is not second.kind or first.kind is Kind.BARE:
        return None
    if first.kind is Kind.YEAR and not FIRST_YEAR <= first.value <= LAST_YEAR:
        return None
    return (first, second) if first.value <= second.value else (second, first)


def _between(first: Quantity, second: Quantity) -> dict[str, Any]:
    if first.kind is Kind.SEATS:
        return {"seats": tuple(range(int(first.value), int(second.value) + 1))}
    low, high = _engine(first)[0] if first.kind is Kind.LITRES else first.value, second.value
    high = _engine(second)[1] if second.kind is Kind.LITRES else high
    return _range(first.kind, low, high)


def _bounds(number: Quantity, bound: Bound | None) -> tuple[dict[str, Any], ...]:
    """Return the filters of a number with its bound, and after them wider ones for a number that is near enough."""
    kind, value = number.kind, number.value
    step = 1 if kind is Kind.YEAR else 0
    if kind is Kind.SEATS and bound in (None, Bound.AROUND):
        return ({"seats": (int(value),)},)
    if kind is Kind.SEATS:
        return ({"seats": tuple(range(2, int(value) + 1) if bound in (Bound.BELOW, Bound.AT_MOST)
                                else range(int(value), 20))},)  # fmt: skip
    if bound in (Bound.BELOW, Bound.AT_MOST):
        return (_range(kind, None, (value if bound is Bound.AT_MOST else value - step)),)
    if bound in (Bound.ABOVE, Bound.AT_LEAST):
        return (_range(kind, (value if bound is Bound.AT_LEAST else value + step), None),)
    if kind in (Kind.ENGINE, Kind.LITRES):
        return (_range(kind, *_engine(number)),)
    if kind is Kind.YEAR:
        return (_range(kind, value, value),)
    if kind is Kind.MILEAGE:
        return (_range(kind, None, value),)
    shares = _NEAR if bound is None else _SAID_NEAR
    return tuple(_range(kind, value * low, value * high) for low, high in shares)


def _engine(number: Quantity) -> tuple[float, float]:
    """Return the sizes that a size stands for: makers round 1,298 cc up to 1300."""
    if number.kind is Kind.LITRES:
        return number.value * 1000 - 50, number.value * 1000 + 49
    return number.value * 0.985, number.value * 1.003


def _range(kind: Kind, low: float | None, high: float | None) -> dict[str, Any]:
    name = _FIELDS[kind].value
    scale = 1000 if kind is Kind.LITRES and max(low or 0, high or 0) < 100 else 1
    ends = {f"{name}_min": low, f"{name}_max": high}
    return {end: round(value * scale) for end, value in ends.items() if value is not None}


def _as_year(number: Quantity, tokens: list[Token]) -> Quantity | None:
    if number.kind is Kind.YEAR:
        return number
    short = number.kind is Kind.BARE and not number.decimal and len(tokens[number.stop - 1].text) == 2
    return replace(number, kind=Kind.YEAR, value=century(int(number.value))) if short else None


def year_behind_model(tokens: list[Token], at: int) -> tuple[Chip, int] | None:
    """Read two digits as a year, as in "corolla 18"; the caller knows that a model stands before them."""
    token = tokens[at]
    if not token.is_number or len(token.text) != 2 or token.gap != " ":
        return None
    year = century(int(token.text))
    return _chip(tokens, at, at + 1, Kind.YEAR, _range(Kind.YEAR, year, year)) if year >= _FIRST_SHORT else None


def _chip(
    tokens: list[Token], at: int, stop: int, kind: Kind, filters: dict[str, Any], *wider: dict[str, Any]
) -> tuple[Chip, int]:
    span = (tokens[at].start, tokens[stop - 1].stop)
    return Chip(_FIELDS[kind], (span,), filters, wider), stop
