"""Make rows that must be rejected: a way to spoil a row for each reject code."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

from samples.formats import Row


@dataclass(frozen=True)
class Record:
    """A row of a file, and how its text breaks when it is written (None: it does not)."""

    row: Row
    breakage: str | None = None


def _set(**cells: str) -> Callable[[Row], Row]:
    return lambda row: row | cells


def _foreign(row: Row) -> Row:
    return row | {"price": "24000" if row.get("plain_currency") else "24000 USD", "currency": "USD"}


_WRONG: dict[str, Callable[[Row], Row]] = {
    "missing_key": lambda row: row | {"key": "", "url": row["url"].rsplit("-", 1)[0]},
    "bad_key": _set(key="K" * 120),
    "missing_make": _set(make=""),
    "unknown_make": _set(title="Batmobile Tumbler Black 2015", url="https://classifieds.example/used-cars/batmobile-9"),
    "missing_model": _set(model=""),
    "missing_year": _set(year=""),
    "bad_year": lambda row: row | {"year": "2060", "title": row["title"].rsplit(" ", 1)[0] + " 2060"},
    "price_not_understood": _set(price="4.5 Grade"),
    "price_too_low": _set(price="450"),
    "price_too_high": _set(price="45000000000"),
    "currency_not_supported": _foreign,
    "mileage_out_of_range": _set(mileage="9999999"),
    "not_for_sale": _set(status="sold"),
    "unknown_visibility": _set(visibility="friends of the house"),
    "unknown_channel": _set(channels="radio"),
}
BREAKAGES = ("ragged_row", "bad_quoting", "nul_byte", "not_utf8")
_SOLD = {"showroom": "delivered", "meta": "NOT_AVAILABLE", "pipe": "Sold"}


def _faulty(code: str, records: list[Record], format_name: str, random: Random, number: int) -> tuple[Record, int]:
    """Make a bad record from a good one, and say where it goes."""
    position = random.randrange(len(records))
    source = records[position].row
    if code == "duplicate_key":  # the earlier of two goes; it names another mileage, as after a correction
        return Record(source | {"mileage": "77"}), position
    own = f"{'9' if source['key'].isdigit() else 'X'}{number:07d}"
    row = source | {"key": own, "url": source["url"].replace(source["key"], own)}
    if code in BREAKAGES:
        return Record(row, code), position
    wrong = _WRONG[code](row)
    if code == "not_for_sale":
        wrong = wrong | {"status": _SOLD.get(format_name, "sold")}
    return Record(wrong), position


def with_faults(records: list[Record], codes: tuple[str, ...], format_name: str, random: Random) -> list[Record]:
    """Return the records with one bad one for each code, each at a place of its own."""
    good = [record for record in records if record.breakage is None]
    spoiled = list(records)
    for number, code in enumerate(codes, start=1):
        bad, position = _faulty(code, good, format_name, random, number)
        after = spoiled.index(good[position])
        spoiled.insert(after, replace(bad))
    return spoiled
