"""What headers mean: the presets' own columns with their value words, and the list of other spellings."""

import dataclasses
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from pipelines.feeds.mapping.schema import Mapping, Source
from pipelines.feeds.mapping.store import load_mapping, mapping_names
from pipelines.feeds.normalise.catalogue import compact

SECRET = ("cost", "wholesale", "invoice", "msrp", "former", "trade price", "dealer price", "list price")
"""Prices that are nobody's asking price. A suggestion never reads them as one."""


@dataclass(frozen=True)
class Alias:
    """A header that means a field: `preset` is the mapping that says so, with its pattern and its value words."""

    field: str
    header: str
    preset: str | None = None
    pattern: str | None = None
    words: dict[str, str] = dataclasses.field(default_factory=dict, compare=False)


def header_words(name: str) -> str:
    """A header as it is compared: the last part of a path, letters and digits alone."""
    return compact(name.replace("#", "no"))


def last_part(name: str) -> str:
    """`prices/price/@currency`, `mileage.value`, `photos[].url`: the part that says what it is."""
    return name.replace("[]", "").replace("@", "").rsplit("/", 1)[-1].rsplit(".", 1)[-1]


@cache
def aliases() -> dict[str, tuple[Alias, ...]]:
    """Everything that a compared header may mean, the presets first."""
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
    """XML paths with conditions (`price[type='public']/value`): no file shows them by itself, so they are tried."""
    presets = (load_mapping(name) for name in mapping_names())
    return tuple(
        path for preset in presets if preset.format == "xml" for path in preset.source_columns() if "='" in path
    )


def meanings(column: str) -> list[tuple[Alias, float]]:
    """What a column's name may mean and how surely: 1 for the very name, less for its last part or a word of it."""
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
