"""Propose a mapping from a file's bytes, with notes on everything that a person must decide."""

from typing import Any

from core.errors import RefusedFileError
from pipelines.feeds.mapping.schema import Mapping
from pipelines.feeds.mapping.xml_paths import VALUE_SEPARATOR
from pipelines.feeds.readers.limits import DEFAULT_LIMITS, FeedLimits
from pipelines.feeds.readers.unpack import SEVERAL, Unpacked, unpack, unpack_several
from pipelines.feeds.suggest.aliases import aliases, conditional_paths
from pipelines.feeds.suggest.choose import Choice, choose
from pipelines.feeds.suggest.form import filled_cells, form_of
from pipelines.feeds.suggest.gone_columns import gone_columns, gone_notes, unread_gone
from pipelines.feeds.suggest.keys import Key, chassis_of_key, choose_dealer, find_key, needs_dealer
from pipelines.feeds.suggest.photos import photo_columns
from pipelines.feeds.suggest.sample import Sample, read_sample
from pipelines.feeds.suggest.several_lists import choose_list
from pipelines.feeds.suggest.suggestion import Suggestion

_OF_A_CAR = frozenset({"make", "title", "url", "model", "model_year"})
"""Fields without any of which a file is no list of cars."""
_USUAL_WORDS: dict[str, dict[str, str]] = {
    "visibility": dict.fromkeys(("everyone", "all", "retail"), "public")
    | dict.fromkeys(("dealers", "trade", "wholesale"), "wholesale_public")
    | {"own staff": "private"},
    "channels": {"both": "automart autotrader", "website": "automart", "trade": "autotrader"},
}


def suggest_mapping(data: bytes, name: str, *, limits: FeedLimits = DEFAULT_LIMITS) -> Suggestion:
    """Propose how to read an unknown file, plain or packed, from its first rows.

    Raises:
        RefusedFileError: it cannot be read at all, or `no_key`, `no_cars`: nothing in it is about a car.
    """
    try:
        unpacked = unpack(data, limits, names=aliases())
    except RefusedFileError as error:
        if error.code != SEVERAL:
            raise
        return choose_list(unpack_several(data, limits, names=aliases()), lambda each: _propose(each, name))
    return _propose(unpacked, name)


def _propose(unpacked: Unpacked, name: str) -> Suggestion:
    sample = read_sample(unpacked.data)
    columns = sample.columns | _conditional(sample)
    dealer = choose_dealer(columns)
    key = find_key(columns, dealer)
    whole = None if key.source is not None else key.choice.column
    choices = choose({name: cells for name, cells in columns.items() if name != whole})
    choices += chassis_of_key(whole, columns, choices)
    by_field = {choice.field: choice for choice in choices}
    used = {key.choice.column, *(each.column for each in choices)}
    if not _OF_A_CAR & by_field.keys():
        raise _no_cars(key)
    form, notes = form_of(sample, columns, by_field)
    spec: dict[str, Any] = {
        "name": name,
        "version": 1,
        "about": f"Suggested from a {sample.format} file; read it through before use",
        "delivery": "partial",
        "key": [key.source or [key.choice.column]],
        "columns": {choice.field: _source(choice, columns, sample.repeated) for choice in choices},
    } | form
    if (said := by_field.get("availability")) is not None:
        found = gone_columns(columns, said.column, used)
        spec["columns"]["availability"] = _every(found, said.column)
        notes += gone_notes(columns, found)
    notes[:0] = key.notes
    if dealer is not None and not key.is_open and dealer != key.choice.column:
        notes.append(_key_of_many_dealers(spec, columns, dealer, key.choice.column))
    notes += [each.sentence for each in unpacked.left_out]
    notes += _who_may_see(spec, by_field, columns)
    notes.append("delivery is partial: set it to full if every file is the dealer's whole stock.")
    mapping = Mapping.model_validate(spec)
    if gone := unread_gone(columns, set(mapping.source_columns())):
        some = ", ".join(map(repr, gone))
        notes.append(
            f"{some} may say too that cars are gone, and is not read: cars that it alone takes off are listed."
        )
    unused = tuple(column for column in sample.columns if column not in mapping.source_columns())
    return Suggestion(mapping, (key.choice, *choices), tuple(notes), unused)


def _no_cars(key: Key) -> RefusedFileError:
    if key.is_open:
        return RefusedFileError("No column names a car for good, nor its make, model or year.", code="no_key")
    return RefusedFileError("No column names the make of a car, its model or year, or a title with it.", code="no_cars")


def _conditional(sample: Sample) -> dict[str, list[str]]:
    """Return the columns of the presets' paths with conditions, where the file has them."""
    found: dict[str, list[str]] = {}
    for path in conditional_paths():
        cells = [VALUE_SEPARATOR.join(e.text or "" for e in record.findall(path)) for record in sample.records]
        if any(cells):
            found[path] = cells
    return found


def _key_of_many_dealers(spec: dict[str, Any], columns: dict[str, list[str]], dealer: str, number: str) -> str:
    """Put the dealer before a stock number that cars of different dealers share, and return a note for a person."""
    if needs_dealer(columns[number], columns[dealer]):
        spec["key"] = [[dealer], [number]]
        return f"cars of several dealers share numbers: the key is {dealer!r} with {number!r}."
    return (
        f"the file holds cars of several dealers: if they may share a number, write key = [[{dealer!r}], [{number!r}]]."
    )


def _source(choice: Choice, columns: dict[str, list[str]], repeated: set[str]) -> str | list[str] | dict[str, Any]:
    if choice.alias is not None and choice.alias.pattern is not None:
        return {"columns": [choice.column], "pattern": choice.alias.pattern}
    if choice.field == "photos":
        found = photo_columns(choice.column, columns)
        return {"columns": found, "every": True} if len(found) > 1 or repeated & set(found) else choice.column
    if choice.field == "price" and "sale_price" in columns and choice.column != "sale_price":
        return ["sale_price", choice.column]
    return choice.column


def _every(found: list[str], chosen: str) -> str | dict[str, Any]:
    return {"columns": found, "every": True} if len(found) > 1 else chosen


def _who_may_see(spec: dict[str, Any], fields: dict[str, Choice], columns: dict[str, list[str]]) -> list[str]:
    """Fill in constants, defaults and value words of visibility and channels, and return notes for a person."""
    usual = {"visibility": "public", "channels": "automart autotrader"}
    constants, defaults, values, notes = {}, {}, {}, []
    for field, meaning in usual.items():
        if field in fields:
            defaults[field] = meaning
        else:
            constants[field] = meaning
            notes.append(f"no column says {field}: every car gets {meaning!r}. Change it under [constants].")
    for field in ("visibility", "channels"):
        if (choice := fields.get(field)) is not None:
            values[field] = _words(choice)
            known = {word.casefold() for word in values[field]} | {"public", "wholesale_public", "private"}
            odd = sorted({cell for cell in filled_cells(columns, choice) if cell.casefold() not in known})[:5]
            if odd and field == "visibility":
                notes.append(f"say under [values.visibility] what these mean: {', '.join(odd)}.")
    spec |= {"constants": constants, "defaults": defaults, "values": values}
    return notes


def _words(choice: Choice) -> dict[str, str]:
    """Return the usual meanings of words; those of the preset that knows the header replace them."""
    return _USUAL_WORDS[choice.field] | (choice.alias.words if choice.alias is not None else {})
