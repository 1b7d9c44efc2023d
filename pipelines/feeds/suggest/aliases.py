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

NOT_ASKING_PRICES = re.compile(
    r"cost|wholesale|invoice|msrp|former|previous|\bold\b|\bwas\b|original|trade price|dealer price|list price"
    r"|minimum|\bmin\b|lowest|reserve|floor|bottom|purchas|bought|buying|acqui|instal|monthly|\bemi\b|lease|finance"
    r"|down ?payment|advance|token|booking|deposit|\btax|insur|discount|saving|margin|commission|new car|\bnew price"
)
"""In headers of prices that are no asking price. A suggestion never reads such a column as the price."""


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


def meanings(column: str) -> list[tuple[Alias, float]]:
    """Return the meanings of a column's name with a weight: 1 for the whole name, less for its last part or a word."""
    known = aliases()
    found = dict.fromkeys(known.get(header_words(column), ()), 1.0)
    for alias in known.get(header_words(last_part(column)), ()):
        found.setdefault(alias, 0.8)
    if not found:
        words = "".join(char if char.isalnum() else " " for char in last_part(column)).split()
        for word in words:
            for alias in known.get(header_words(word), ()):
                found.setdefault(alias, 0.5)
    return list(found.items())
