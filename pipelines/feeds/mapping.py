"""A mapping says, as data, how one sender's file becomes canonical listings. They live in `mappings/<name>.toml`.

A mapping never transforms by code: it names columns (or XML paths), words and units. The words that all senders
share ("Petrol", "A/T", "Lhr") are folded in `normalise`, so a mapping only lists what is peculiar to its sender.
"""

import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from core.errors import NotFoundError

FIELDS = (
    "title",
    "url",
    "make",
    "model",
    "variant",
    "model_year",
    "mileage",
    "mileage_unit",  # a cell with km or mi; without one the mapping's mileage_unit holds
    "price",
    "currency",
    "fuel",
    "transmission",
    "body",
    "assembly",
    "color",
    "engine",
    "location",  # "area, city province" in one cell
    "city",
    "area",
    "province",
    "registered_in",
    "description",
    "photos",
    "listed_on",
    "branch_code",
    "visibility",
    "channels",
    "availability",  # mapped to "sold" for rows that must not be listed
)
"""What a mapping may fill: the canonical columns before units, currencies and places are worked out."""


def _as_source(value: Any) -> Any:
    if isinstance(value, str):
        return {"columns": [value]}
    return {"columns": value} if isinstance(value, list) else value


class Source(BaseModel):
    """Where a field's text comes from: the first non-empty of `columns`, or the part of it that `pattern` captures."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    columns: Annotated[tuple[str, ...], Field(min_length=1)]
    pattern: str | None = None

    @model_validator(mode="after")
    def _pattern_captures(self) -> Self:
        if self.pattern is not None and re.compile(self.pattern).groups != 1:
            raise ValueError("pattern must have exactly one group")
        return self


SourceSpec = Annotated[Source, BeforeValidator(_as_source)]


class Mapping(BaseModel):
    """How to read one format. `version` goes up with every change that changes an outcome."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    version: Annotated[int, Field(ge=1)]
    about: str
    delivery: Literal["full", "partial"]
    """full: a car that is not in the file is gone. partial: the file says nothing about other cars."""
    format: Literal["delimited", "xml"] = "delimited"
    record: str | None = None
    """XML only: path of the element that is one car, from the root."""
    key: tuple[SourceSpec, ...]
    """Parts of the sender's own key, joined by `-`."""
    columns: dict[str, SourceSpec]
    constants: dict[str, str] = {}
    """Set on every row, whatever the file says."""
    defaults: dict[str, str] = {}
    """Set where the cell is empty."""
    values: dict[str, dict[str, str]] = {}
    """Sender's word (any case) -> the word to go on with, by field."""
    split_title: bool = False
    """Take make, model, variant and year from title and address where their columns have none."""
    currency: str = "PKR"
    """Of prices that name none."""
    bare_price_unit: Literal["rupee", "lakh"] = "rupee"
    """lakh: a bare number under 10,000 is lakhs ("45.5")."""
    mileage_unit: Literal["km", "mi"] = "km"
    date_order: Literal["dmy", "mdy"] = "dmy"
    photo_separator: str = r"\s*[|\n]\s*"
    photo_base: str = ""
    """Put before photos that are bare file names; without it such photos are dropped."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        named = {*self.columns, *self.constants, *self.defaults, *self.values}
        if unknown := sorted(named - set(FIELDS)):
            raise ValueError(f"unknown fields: {', '.join(unknown)}")
        if not self.key:
            raise ValueError("key must name at least one column")
        shown = {*self.columns, *self.constants}
        if unsaid := [field for field in ("visibility", "channels") if field not in shown]:
            raise ValueError(f"say who may see the cars: {', '.join(unsaid)} must be a column or a constant")
        if (self.format == "xml") != (self.record is not None):
            raise ValueError("record is for XML mappings, which need it")
        return self

    def source_columns(self) -> tuple[str, ...]:
        """Every column (or XML path) that is read, once each. Others, such as cost prices, are never taken in."""
        sources = (*self.key, *self.columns.values())
        return tuple(dict.fromkeys(column for source in sources for column in source.columns))


def mapping_names() -> list[str]:
    """Names of the mappings that come with the platform."""
    folder = files("pipelines.feeds") / "mappings"
    return sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml"))


@cache
def load_mapping(name: str) -> Mapping:
    """Read `mappings/<name>.toml`.

    Raises:
        NotFoundError: there is none of that name (`unknown_mapping`).
    """
    known = mapping_names()
    if name not in known:
        raise NotFoundError(
            f"There is no mapping {name!r}; the known ones are {', '.join(known)}.", code="unknown_mapping"
        )
    text = (files("pipelines.feeds") / "mappings" / f"{name}.toml").read_text(encoding="utf-8")
    return Mapping.model_validate(tomllib.loads(text) | {"name": name})
