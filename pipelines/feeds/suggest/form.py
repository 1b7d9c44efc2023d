"""Find out what is not a column: units, currency, the order of dates, separators of photos."""

import re
from statistics import median
from typing import Any

from pipelines.feeds.suggest.aliases import header_phrase
from pipelines.feeds.suggest.choose import Choice, could_be_price
from pipelines.feeds.suggest.sample import Sample
from pipelines.feeds.suggest.shapes import named_currency, price_share

_DATE_PARTS = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.]\d{2,4}")
_UNITS = {
    "crore": r"\b(?:crores?|cr|karor|کروڑ)\b",
    "million": r"\b(?:millions?|mn|mln|mil|mio|m)\b",
    "lakh": r"\b(?:lacs?|lakhs?|laks?|lkh|لاکھ)\b|100[, ]?000\b|\bhundred thousands?\b",
    "thousand": r"\b(?:thousands?|hazar|k|ہزار)\b|(?<![\d,])[ (']*\b000s?\b|\b1[, ]?000s?\b",
}
_RUPEES = r"\b(?:pkr|rs|rupees?)\b|₨|روپے"


def form_of(
    sample: Sample, columns: dict[str, list[str]], fields: dict[str, Choice]
) -> tuple[dict[str, Any], list[str]]:
    """Return what is not a column, by the mapping's names for it, and notes for a person."""
    form: dict[str, Any] = {"format": sample.format}
    notes: list[str] = []
    if sample.record is not None:
        form["record"] = sample.record
    notes += _identity(form, fields)
    notes += _price(form, columns, fields)
    mileage = fields.get("mileage")
    if mileage is not None and re.search(r"\bmi(?:les?)?\b|میل", header_phrase(mileage.column)):
        form["mileage_unit"] = "mi"
        notes.append("mileage is read as miles, as its header says.")
    if mileage is not None and _are_thousands(_bare(filled_cells(columns, mileage))):
        notes.append(f"all cells of {mileage.column!r} are under 1,000: ask whether they are thousands.")
    if (listed := fields.get("listed_on")) is not None and _month_first(filled_cells(columns, listed)):
        form["date_order"] = "mdy"
        notes.append("dates are read month first: the second number is over 12 somewhere, the first never.")
    if (photos := fields.get("photos")) is not None and (separator := _separator(filled_cells(columns, photos))):
        form["photo_separator"] = separator
    return form, notes


def filled_cells(columns: dict[str, list[str]], choice: Choice) -> list[str]:
    """Return the cells of a chosen column that hold anything."""
    return [value for value in columns[choice.column] if value]


def _identity(form: dict[str, Any], fields: dict[str, Choice]) -> list[str]:
    if {"make", "model"} <= fields.keys():
        missing = [] if "model_year" in fields or "title" in fields else ["model_year"]
    elif {"title", "url"} & fields.keys():
        form["split_title"] = True
        return ["make and model are taken out of the title: cars whose title starts otherwise are rejected."]
    else:
        missing = [name for name in ("make", "model", "model_year") if name not in fields]
    return [f"no column is a {name}: without one no file is read. Name it under [columns]." for name in missing]


def _price(form: dict[str, Any], columns: dict[str, list[str]], fields: dict[str, Choice]) -> list[str]:
    """Fill in the unit and the currency of prices."""
    price = fields.get("price")
    others = [name for name, cells in columns.items() if (price is None or name != price.column) and _asks(name, cells)]
    if price is None:
        seen = (
            f" {', '.join(map(repr, others))} looks like another price (cost, instalment, minimum)." if others else ""
        )
        return [f"no column is a price: without one no file is read.{seen} Name it under [columns]."]
    notes, cells = [], filled_cells(columns, price)
    told = "price_unit" in fields and any(columns[fields["price_unit"].column])
    if not told and (unit := _price_unit(price.column, cells)) is not None:
        form["bare_price_unit"] = unit
        notes.append(f"bare prices are read in {unit}s, since they are small numbers or the header says so.")
        notes += _mixed_units(unit, cells)
    own = "currency" in fields and any(columns[fields["currency"].column])
    if not own and (currency := _currency(price.column, cells)) is not None:
        form["currency"] = currency
        notes.append(
            f"prices are in {currency}, which we do not convert: bare ones are rejected as currency_not_supported."
            " Ask for prices in rupees."
        )
    used = {each.column for each in fields.values()}
    if rivals := [name for name in others if name not in used and could_be_price(name)]:
        notes.append(f"{', '.join(map(repr, rivals))} could be the price too: {price.column!r} is read.")
    return notes


def _asks(name: str, cells: list[str]) -> bool:
    filled = [cell for cell in cells if cell]
    named = re.search(r"price|amount|demand|rate|\basking", header_phrase(name)) is not None
    return named and bool(
        filled
        and any(len(cell) > 1 for cell in filled)
        and max(price_share(filled, "rupee"), price_share(filled, "lakh")) > 0.5
    )


def _currency(header: str, prices: list[str]) -> str | None:
    """Return the foreign currency of the header, or of some cells where none names rupees."""
    phrase = header_phrase(header)
    if re.search(_RUPEES, phrase):
        return None
    if (currency := named_currency(phrase)) is not None:
        return currency
    if any(re.search(_RUPEES, value.casefold()) for value in prices):
        return None
    amounts = [value for value in prices if re.search("[1-9]", value)]
    named = [currency for value in amounts if (currency := named_currency(value)) is not None]
    return max(named, key=named.count) if 2 * len(named) >= max(len(amounts), 1) else None


def _price_unit(header: str, prices: list[str]) -> str | None:
    """Return the unit that the header names, or lakh for small numbers; None for rupees."""
    phrase = header_phrase(header)
    named = next((unit for unit, words in _UNITS.items() if re.search(words, phrase)), None)
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
    return [float(value.replace(",", "")) for value in prices if re.fullmatch(r"\d[\d,]*(?:\.\d+)?", value)]


def _are_thousands(mileages: list[float]) -> bool:
    return len(mileages) > 1 and max(mileages) < 1_000 and median(mileages) >= 10


def _month_first(dates: list[str]) -> bool:
    pairs = [(int(m.group(1)), int(m.group(2))) for value in dates if (m := _DATE_PARTS.match(value))]
    return any(second > 12 for _, second in pairs) and all(first <= 12 for first, _ in pairs)


def _separator(photos: list[str]) -> str | None:
    for mark in (";", ","):
        if any(re.search(rf"{mark}\s*(?:https?://|[\w-]+\.(?:jpe?g|png|webp))", value) for value in photos):
            return rf"\s*[|{mark}\n]\s*"
    return None
