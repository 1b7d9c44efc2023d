"""Propose a mapping from a file's bytes, with notes on everything that a person must decide."""

import re
from dataclasses import dataclass
from statistics import median
from typing import Any

from core.errors import RefusedFileError
from pipelines.feeds.mapping.schema import Mapping
from pipelines.feeds.mapping.xml_paths import VALUE_SEPARATOR
from pipelines.feeds.readers.limits import DEFAULT_LIMITS, FeedLimits
from pipelines.feeds.readers.unpack import unpack
from pipelines.feeds.suggest.aliases import aliases, conditional_paths
from pipelines.feeds.suggest.choose import Choice, choose, choose_dealer, choose_key, counts_rows, needs_dealer
from pipelines.feeds.suggest.sample import Sample, read_sample
from pipelines.feeds.suggest.shapes import price_share, share

_DATE_PARTS = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.]\d{2,4}")
_NUMBERED = re.compile(r"(.*?)[ _.-]*(\d{1,3})")
_AD_NUMBER = r"-(\d+)/?(?:[?#].*)?$"


_UNITS = {
    "crore": r"\bcrores?\b",
    "million": r"\bmillions?\b|\bmn\b",
    "lakh": r"\b(?:lacs?|lakhs?)\b",
    "thousand": r"\bthousands?\b|[(' ]000\b|\bin k\b",
}
_USUAL_WORDS: dict[str, dict[str, str]] = {
    "visibility": dict.fromkeys(("everyone", "all", "retail"), "public")
    | dict.fromkeys(("dealers", "trade", "wholesale"), "wholesale_public")
    | {"own staff": "private"},
    "channels": {"both": "automart autotrader", "website": "automart", "trade": "autotrader"},
}


@dataclass(frozen=True)
class Suggestion:
    """Hold a mapping that reads the file, the reason for each part of it, and what a person must still decide."""

    mapping: Mapping
    choices: tuple[Choice, ...]
    """The key first, then the fields."""
    notes: tuple[str, ...]
    unused: tuple[str, ...]
    """Columns that nothing is taken from."""


def suggest_mapping(data: bytes, name: str, *, limits: FeedLimits = DEFAULT_LIMITS) -> Suggestion:
    """Propose how to read an unknown file, plain or packed, from its first rows.

    Raises:
        RefusedFileError: it cannot be read at all, or `no_key`, `no_cars`: nothing in it names the cars.
    """
    unpacked = unpack(data, limits, names=aliases())
    sample = read_sample(unpacked.data)
    columns = sample.columns | _conditional(sample)
    dealer = choose_dealer(columns)
    key, key_spec = _key(columns, dealer)
    choices = choose({name: cells for name, cells in columns.items() if name != key.column or key_spec is not None})
    by_field = {choice.field: choice for choice in choices}
    if not {"make", "title", "url"} & by_field.keys():
        raise RefusedFileError("No column names the make of a car, or a title with it.", code="no_cars")
    form, notes = _form(sample, columns, by_field)
    spec: dict[str, Any] = {
        "name": name,
        "version": 1,
        "about": f"Suggested from a {sample.format} file; read it through before use",
        "delivery": "partial",
        "key": [key_spec or [key.column]],
        "columns": {choice.field: _source(choice, columns) for choice in choices},
    } | form
    if counts_rows([cell for cell in columns[key.column] if cell]):
        notes.append(f"{key.column!r} counts the rows: choose a column as key that a car keeps from file to file.")
    if dealer is not None and dealer != key.column:
        notes.append(_key_of_many_dealers(spec, columns, dealer, key.column))
    notes += [each.sentence for each in unpacked.left_out]
    notes += _who_may_see(spec, by_field, columns)
    notes.append("delivery is partial: set it to full if every file is the dealer's whole stock.")
    used = {key.column, *(choice.column for choice in choices)}
    unused = tuple(column for column in sample.columns if column not in used)
    return Suggestion(Mapping.model_validate(spec), (key, *choices), tuple(notes), unused)


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


def _key(columns: dict[str, list[str]], dealer: str | None) -> tuple[Choice, dict[str, Any] | None]:
    """Return the key column, and a source with a pattern where the number is the end of an address."""
    numbered = {name: values for name, values in columns.items() if (share("url", values) or 0) < 0.9}
    if (key := choose_key(numbered, dealer)) is not None:
        return key, None
    for name, values in columns.items():
        numbers = [match.group(1) for value in values if (match := re.search(_AD_NUMBER, value))]
        if share("url", values) == 1 and len(set(numbers)) > 0.9 * len(values):
            reasons = ("no column is a stock number; the number at the end of the address is the ad's own",)
            return Choice("key", name, 0.6, reasons, tuple(numbers[:3])), {"columns": [name], "pattern": _AD_NUMBER}
    raise RefusedFileError("No column names a car for good: every car needs a stock number of its own.", code="no_key")


def _source(choice: Choice, columns: dict[str, list[str]]) -> str | list[str] | dict[str, Any]:
    if choice.alias is not None and choice.alias.pattern is not None:
        return {"columns": [choice.column], "pattern": choice.alias.pattern}
    if choice.field == "photos" and len(numbered := _numbered(choice.column, columns)) > 1:
        return {"columns": numbered, "every": True}
    if choice.field == "price" and "sale_price" in columns and choice.column != "sale_price":
        return ["sale_price", choice.column]
    return choice.column


def _numbered(column: str, columns: dict[str, list[str]]) -> list[str]:
    """Return the columns of one name with other numbers, by number: Image 1, Image 2, Image 10."""
    if (stem := _NUMBERED.fullmatch(column)) is None:
        return [column]
    found = {int(m[2]): name for name in columns if (m := _NUMBERED.fullmatch(name)) and m[1] == stem[1]}
    return [found[number] for number in sorted(found)]


def _form(sample: Sample, columns: dict[str, list[str]], fields: dict[str, Choice]) -> tuple[dict[str, Any], list[str]]:
    """Return what is not a column (format, units, orders, separators), and notes for a person."""
    form: dict[str, Any] = {"format": sample.format}
    notes: list[str] = []
    if sample.record is not None:
        form["record"] = sample.record
    if not {"make", "model"} <= fields.keys():
        form["split_title"] = True
        notes.append("make and model are taken out of the title: cars whose title starts otherwise are rejected.")
    if (price := fields.get("price")) is None:
        notes.append("no column is a price: without one no file is read. Name it under [columns].")
    elif (unit := _price_unit(price.column, _filled(columns, price))) is not None:
        form["bare_price_unit"] = unit
        notes.append(f"bare prices are read in {unit}s, since they are small numbers or the header says so.")
        notes += _mixed_units(unit, _filled(columns, price))
    mileage = fields.get("mileage")
    if mileage is not None and re.search(r"\bmi(?:les?)?\b", mileage.column, re.IGNORECASE):
        form["mileage_unit"] = "mi"
        notes.append("mileage is read as miles, as its header says.")
    if (listed := fields.get("listed_on")) is not None and _month_first(_filled(columns, listed)):
        form["date_order"] = "mdy"
        notes.append("dates are read month first: the second number is over 12 somewhere, the first never.")
    if (photos := fields.get("photos")) is not None and (separator := _separator(_filled(columns, photos))):
        form["photo_separator"] = separator
    return form, notes


def _filled(columns: dict[str, list[str]], choice: Choice) -> list[str]:
    return [value for value in columns[choice.column] if value]


def _price_unit(header: str, prices: list[str]) -> str | None:
    """Return the unit that the header names, or lakh for small numbers; None for rupees."""
    named = next((unit for unit, words in _UNITS.items() if re.search(words, header, re.IGNORECASE)), None)
    if named is not None:
        return named
    bare = _bare(prices)
    small = len(bare) > 0.5 * len(prices) and 0 < median(bare) < 1_000
    return "lakh" if small and price_share(prices, "lakh") > price_share(prices, "rupee") else None


def _mixed_units(unit: str, prices: list[str]) -> list[str]:
    """Note that some prices may be of another unit: 1.2 among 45.5 and 32 is rather 1.2 crore than 1.2 lakh."""
    bare = _bare(prices)
    odd = sorted({value for value in bare if 0 < value < median(bare) / 8}) if bare else []
    if not odd:
        return []
    some = ", ".join(f"{value:g}" for value in odd[:5])
    return [f"{some} would be far cheaper than the rest in {unit}s: ask whether they are crores."]


def _bare(prices: list[str]) -> list[float]:
    return [float(value.replace(",", "")) for value in prices if re.fullmatch(r"[\d,]+(?:\.\d+)?", value)]


def _month_first(dates: list[str]) -> bool:
    pairs = [(int(m.group(1)), int(m.group(2))) for value in dates if (m := _DATE_PARTS.match(value))]
    return any(second > 12 for _, second in pairs) and all(first <= 12 for first, _ in pairs)


def _separator(photos: list[str]) -> str | None:
    for mark in (";", ","):
        if any(re.search(rf"{mark}\s*(?:https?://|[\w-]+\.(?:jpe?g|png|webp))", value) for value in photos):
            return rf"\s*[|{mark}\n]\s*"
    return None


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
            odd = sorted({cell for cell in _filled(columns, choice) if cell.casefold() not in known})[:5]
            if odd and field == "visibility":
                notes.append(f"say under [values.visibility] what these mean: {', '.join(odd)}.")
    spec |= {"constants": constants, "defaults": defaults, "values": values}
    return notes


def _words(choice: Choice) -> dict[str, str]:
    """Return the usual meanings of words; those of the preset that knows the header replace them."""
    return _USUAL_WORDS[choice.field] | (choice.alias.words if choice.alias is not None else {})
