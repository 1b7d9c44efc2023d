"""Find the columns of a sample by which cars are gone, and judge whether they can be obeyed."""

import re
from collections.abc import Mapping as Table

from pipelines.feeds.normalise.availability import (
    GONE,
    UNKNOWN,
    availability_state,
    counts_cars,
    gone_by_header,
    state_of_filled,
)
from pipelines.feeds.normalise.gone_headers import gone_part, is_mostly_gone, may_say_gone
from pipelines.feeds.suggest.aliases import header_phrase, meanings

_PAPER = re.compile(r"\b(?:invoices?|receipts?|bills?|challan|gate ?pass|raseed|رسید)\b")
_HAS_DIGIT = re.compile(r"\d").search


def takes_off(column: str, values: list[str]) -> bool:
    """Tell whether cells of a column say of some cars that they cannot be had."""
    return any(availability_state(value, column) in GONE for value in values if value)


def gone_columns(columns: Table[str, list[str]], chosen: str, used: set[str]) -> list[str]:
    """Return the chosen column of availability with the others that take cars off, as far as their cells are clear."""
    return [
        name for name, values in columns.items()
        if name == chosen or (name not in used and _tells_of_gone(name, values) and is_clear(name, values))
    ]  # fmt: skip


def gone_notes(columns: Table[str, list[str]], found: list[str]) -> list[str]:
    """Say which columns take cars off, and which of them would take off too many to be believed."""
    notes = [f"cars are taken off by {', '.join(map(repr, found))}."]
    for name in found:
        gone = sum(gone_by_header(value, name) for value in columns[name] if value)
        if is_mostly_gone(gone, len(columns[name])):
            notes.append(
                f"by {name!r} {gone} of the first {len(columns[name])} cars are gone, and such a file is refused"
                " (mostly_gone): take the column out, or write mostly_gone = true if they are."
            )
    return notes


def unread_gone(columns: Table[str, list[str]], used: set[str]) -> list[str]:
    """Return the columns that are not used, though they seem to say that cars are gone."""
    return [
        name for name, values in columns.items()
        if name not in used and any(values) and (_tells_of_gone(name, values) or _is_paper_of_few(name, values))
    ]  # fmt: skip


def _is_paper_of_few(name: str, values: list[str]) -> bool:
    """Tell whether few cars have an invoice or a receipt, as sold ones have; the purchase gives one to all."""
    filled = sum(bool(value) for value in values)
    return _PAPER.search(header_phrase(name)) is not None and 0 < 2 * filled <= len(values)


def _tells_of_gone(name: str, values: list[str]) -> bool:
    if may_say_gone(name):
        return True
    return takes_off(gone_part(name), values) and any(alias.field == "availability" for alias, _ in meanings(name))


def is_clear(name: str, values: list[str]) -> bool:
    """Tell whether the column can be obeyed: its cells are understood, and it means cars and their buyers.

    By one that names a buyer of most cars it is something else: the terms of a deposit, the dealer who sells. So it is
    where most counts are of more than one (photos, keys, or the numbers of cars: a used car is there once) or none is a
    number.
    """
    part, filled = gone_part(name), [value for value in values if value]
    states = [availability_state(value, part) for value in filled]
    if state_of_filled(part) is not None:
        return 2 * sum(state in GONE for state in states) <= len(values)
    if counts_cars(part) and not any(map(_HAS_DIGIT, filled)):
        return False
    many = sum(value.isdecimal() and int(value) > 1 for value in filled) if counts_cars(part) else 0
    return UNKNOWN not in states and 2 * many <= len(filled)
