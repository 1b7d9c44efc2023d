"""Find what headers mean: the presets' own columns with their value words, and a list of other spellings."""

import dataclasses
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from pipelines.feeds.mapping.schema import Mapping, Source
from pipelines.feeds.mapping.store import load_mapping, mapping_names
from pipelines.feeds.normalise.catalogue import compact

_NOT_ASKING_PRICES = re.compile(
    r"cost|wholesale|invoice|msrp|\brrp\b|former|previous|\bold\b|\bwas\b|original|\btrade|dealer price|list price"
    r"|\bb2b\b|minimum|\bmin\b|lowest|\blast\b|reserve|floor|bottom|purchas|bought|\bbuy|acqui|\bowner|landed"
    r"|\bimport|auction|\bbid\b|\bfob\b|\bcif\b|hammer|instal|\bqist|monthly|weekly|per (?:month|week)|/ ?month"
    r"|\bemi\b|leas|finance|\bloan|\bdue\b|\bpaid\b|received|balance|down ?payment|advance|token|booking|deposit"
    r"|\btax|insur|discount|saving|margin|markup|commission|\bfees?\b|new car|\bnew price|ex ?factory|on ?road"
    r"|base price|strike|market|valuation|residual|book|\bsold (?:price|for|at|amount)|repair|transport|freight"
    r"|shipping|scrap|\bbank\b"
)
"""In headers of prices that are no asking price. A suggestion never reads such a column as the price."""


def header_phrase(name: str) -> str:
    """Return a header as words in lower case: `price_usd`, `priceLacs` and `Price (Lacs)` have their unit apart."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    return " ".join(re.sub(r"[_\-.()\[\]{}:]+", " ", spaced).casefold().split())


def is_other_price(name: str) -> bool:
    """Tell whether a header is that of a price which no buyer is asked for: cost, instalment, minimum and so on."""
    return _NOT_ASKING_PRICES.search(header_phrase(name)) is not None


_PATH_PARTS = re.compile(r"[^/.@\[\]]+")
_UNIT_OF_PRICES = re.compile(
    r"in|rs|pkr|rupees?|la(?:c|kh|k)s?|lkh|crores?|cr|karor|millions?|mn|mln|thousands?|k|000s?"
)
_SAYS_NOTHING = frozenset({"name", "value", "title", "text", "label", "key", "code", "display", "displayname", "en"})
"""Last parts of paths whose part before says what the value is."""


@dataclass(frozen=True)
class Alias:
    """State that a header means a field; `preset` is the mapping that says so, with its pattern and its value words."""

    field: str
    header: str
    preset: str | None = None
    pattern: str | None = None
    words: dict[str, str] = dataclasses.field(default_factory=dict, compare=False)


def header_words(name: str) -> str:
    """Return a header as it is compared: letters and digits alone."""
    return compact(name.replace("#", "no"))


def last_part(name: str) -> str:
    """Return the last part of `prices/price/@currency`, `mileage.value` or `photos[].url`, which names the value."""
    return name.replace("[]", "").replace("@", "").rsplit("/", 1)[-1].rsplit(".", 1)[-1]


def _parent(path: str) -> str | None:
    """Return what `city.name`, `status/@key` and `make.value` are about: the part before a word that says nothing."""
    parts = re.split(r"[/.]", path.replace("[]", "").replace("@", ""))
    return parts[-2] if len(parts) > 1 and header_words(parts[-1]) in _SAYS_NOTHING else None


@cache
def known_fields(path: str) -> frozenset[str]:
    """Return the fields that the whole name of a column, or its last part, means."""
    known = aliases()
    part = _parent(path) or last_part(path)
    return frozenset(alias.field for name in (path, part) for alias in known.get(header_words(name), ()))


@cache
def aliases() -> dict[str, tuple[Alias, ...]]:
    """Return every meaning of a compared header, those of the presets first."""
    found: dict[str, dict[Alias, None]] = {}
    for preset in (load_mapping(name) for name in mapping_names()):
        sources = [("key", source) for source in preset.key] + list(preset.columns.items())
        for name, source in sources:
            for column in source.columns:
                found.setdefault(header_words(column), {})[_of_preset(preset, name, source, column)] = None
    text = (files("pipelines.feeds.suggest") / "aliases.toml").read_text(encoding="utf-8")
    for name, headers in tomllib.loads(text).items():
        for header in (name, *headers):
            found.setdefault(header_words(header), {})[Alias(name, header)] = None
    return {header: tuple(meanings) for header, meanings in found.items()}


def _of_preset(preset: Mapping, name: str, source: Source, column: str) -> Alias:
    return Alias(name, column, preset.name, source.pattern, preset.values.get(name, {}))


@cache
def conditional_paths() -> tuple[str, ...]:
    """List the presets' XML paths with conditions (`price[type='public']/value`), which no file shows by itself."""
    presets = (load_mapping(name) for name in mapping_names())
    return tuple(
        path for preset in presets if preset.format == "xml" for path in preset.source_columns() if "='" in path
    )


def _price_with_unit(name: str) -> Alias | None:
    """Return the meaning of "Price Lac.", "PriceInLakhs" and "Rs. in Mn": a price with its unit, or that alone."""
    phrase = header_phrase(name)
    bare = " ".join(word for word in phrase.split() if not _UNIT_OF_PRICES.fullmatch(word))
    if bare == phrase:
        return None
    is_money = not bare and re.search(r"\b(?:rs|pkr|rupees?|la(?:c|kh)s?|crores?)\b", phrase) is not None
    known = aliases().get("price" if is_money else header_words(bare), ()) if bare or is_money else ()
    return next((alias for alias in known if alias.field == "price"), None)


def meanings(column: str) -> list[tuple[Alias, float]]:
    """Return the meanings of a column's name with a weight: 1 for the whole name, less for its last part or a word."""
    known = aliases()
    found = dict.fromkeys(known.get(header_words(column), ()), 1.0)
    part = last_part(column)
    for alias in known.get(header_words("".join(_PATH_PARTS.findall(column)[-2:])), ()):  # price/@unit
        found.setdefault(alias, 0.95)
    if (parent := _parent(column)) is not None:
        for alias in known.get(header_words(parent), ()):
            found.setdefault(alias, 0.95)
        return list(found.items())
    for alias in known.get(header_words(part), ()):
        found.setdefault(alias, 0.8)
    if not found and (priced := _price_with_unit(column if " " in column else part)) is not None:
        found[priced] = 0.9
    if not found:
        words = "".join(char if char.isalnum() else " " for char in part).split()
        for word in words:
            for alias in known.get(header_words(word), ()):
                found.setdefault(alias, 0.5)
    return list(found.items())
