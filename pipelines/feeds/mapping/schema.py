"""Define the mapping, which says as data how one sender's file becomes canonical listings (`presets/<name>.toml`).

A mapping never transforms by code: it names columns (or XML paths), words and units. The words that all senders
share ("Petrol", "A/T", "Lhr") are folded in `normalise`, so a mapping only lists what is peculiar to its sender.
"""

import codecs
import re
from functools import cache
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

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
    "price_unit",  # a cell with lac, crore and the like; without one the mapping's bare_price_unit holds
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
    "chassis_number",  # VIN or Japanese frame number: kept apart from the listing, for its owner alone
    "availability",  # any word of normalise/availability.toml; sold, reserved and withdrawn cars are not listed
    "kind",  # mapped to "other" for rows that are no cars: boats, trailers, motorcycles
)
"""Fields that a mapping may fill: the canonical columns before units, currencies and places are read."""


def _as_source(value: object) -> object:
    if isinstance(value, str):
        return {"columns": [value]}
    return {"columns": value} if isinstance(value, list) else value


_EVERY_PAIR = b"".join(bytes((first, second, 10)) for first in range(256) for second in range(256))
"""Every two bytes side by side, a line each: in a code page of one byte a letter no two of them are one letter."""
_OWN_COLUMN = "row_number"
"""Our own column beside those of the file."""


@cache
def _known_code_page(name: str) -> str:
    """Accept any code page of one byte a letter by Python's name for it; idna, rot13 and the like are none."""
    try:
        known = codecs.lookup(name).name
    except LookupError as error:
        raise ValueError(f"unknown code page {name!r}") from error
    try:
        escapes = len("\\".encode(known)) != 1
        letters = 0 if escapes else len(_EVERY_PAIR.decode(known, "replace"))
    except (LookupError, UnicodeError):  # a codec that is no encoding of text, or of names of hosts alone
        letters = 0
    if letters != len(_EVERY_PAIR):
        raise ValueError("code_page must be of one byte a letter")
    return known


def _refuse_nul(value: object) -> object:
    """Refuse the character NUL anywhere in a mapping: PostgreSQL takes it in no text, so no car could be written."""
    parts = [*value.keys(), *value.values()] if isinstance(value, dict) else value if isinstance(value, list) else []
    for part in parts:
        _refuse_nul(part)
    if isinstance(value, str) and "\x00" in value:
        raise ValueError("a mapping cannot hold the character NUL (\\u0000)")
    return value


class Source(BaseModel):
    """State where a field's text comes from: the first non-empty of `columns`, or the part that `pattern` captures."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    columns: Annotated[tuple[str, ...], Field(min_length=1)]
    pattern: str | None = None
    every: bool = False
    """All columns, each on a line of its own, instead of the first that is filled: for photos in several columns."""

    @model_validator(mode="after")
    def _pattern_captures(self) -> Self:
        if self.pattern is not None and re.compile(self.pattern).groups != 1:
            raise ValueError("pattern must have exactly one group")
        return self

    @model_validator(mode="after")
    def _columns_can_be_read(self) -> Self:
        if len(set(self.columns)) < len(self.columns):
            raise ValueError("a column is named twice: name each once")
        if "" in self.columns or _OWN_COLUMN in self.columns:
            raise ValueError(f"a column needs a name, and another than {_OWN_COLUMN}: give it one in the file")
        return self


SourceSpec = Annotated[Source, BeforeValidator(_as_source)]


class Mapping(BaseModel):
    """Describe how to read one format. `version` goes up with every change that changes an outcome."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    version: Annotated[int, Field(ge=1, le=1_000_000)]
    about: str
    delivery: Literal["full", "partial"]
    """full: a car that is not in the file is gone. partial: the file says nothing about other cars."""
    format: Literal["delimited", "xml", "json"] = "delimited"
    record: str | None = None
    """XML: path of the element that is one car, from the root. JSON: path of the list of cars (`data/cars`,
    `resources[name=car]/data`), for files that are not a bare list or one object a line."""
    positions: dict[str, Annotated[int, Field(ge=0)]] | None = None
    """For delimited files without a header: the position of each column, from 0, by the sender's name for it."""
    delimiter: Literal[",", "\t", ";", "|"] | None = None
    """The value that the sender fixes; without one it is found in the file."""
    code_page: Annotated[str, AfterValidator(_known_code_page)] | None = None
    """Encoding of files that are not Unicode, where the sender fixes it."""
    key: tuple[SourceSpec, ...]
    """Parts of the sender's own key, joined by `-`."""
    columns: dict[str, SourceSpec]
    constants: dict[str, str] = {}
    """Set on every row, whatever its cells hold."""
    defaults: dict[str, str] = {}
    """Set where the cell is empty."""
    values: dict[str, dict[str, str]] = {}
    """Sender's word (any case) -> the word to go on with, by field."""
    split_title: bool = False
    """Take make, model, variant and year from title and address where their columns have none."""
    currency: str = "PKR"
    """Of prices that name none."""
    bare_price_unit: Literal["rupee", "thousand", "lakh", "million", "crore"] = "rupee"
    """lakh: a bare number under 10,000 is lakhs ("45.5"); so with the others, up to a billion rupees."""
    mileage_unit: Literal["km", "mi"] = "km"
    date_order: Literal["dmy", "mdy"] = "dmy"
    mostly_gone: bool = False
    """Believe a file most of whose cars are gone by the header of a column alone: "Token", "Buyer", "Qty"."""
    photo_separator: str = r"\s*[|\n]\s*"
    photo_base: str = ""
    """Put before photos that are bare file names; without it such photos are dropped."""

    _without_nul = model_validator(mode="before")(_refuse_nul)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        named = {*self.columns, *self.constants, *self.defaults, *self.values}
        if unknown := sorted(named - set(FIELDS)):
            raise ValueError(f"unknown fields: {', '.join(unknown)}")
        if not self.key:
            raise ValueError("key must name at least one column")
        shown = {*self.columns, *self.constants}
        if missing := [field for field in ("visibility", "channels") if field not in shown]:
            raise ValueError(f"say who may see the cars: {', '.join(missing)} must be a column or a constant")
        self._refuse_odd_form()
        return self

    def _refuse_odd_form(self) -> None:
        if (self.format == "xml" and self.record is None) or (self.format == "delimited" and self.record is not None):
            raise ValueError("record is for XML mappings, which need it, and for JSON")
        if self.format != "delimited" and (self.positions is not None or self.delimiter is not None):
            raise ValueError("positions and delimiter are for delimited files")
        if self.positions is not None and (lost := sorted(set(self.source_columns()) - set(self.positions))):
            raise ValueError(f"columns without a position: {', '.join(lost)}")

    def repeated_columns(self) -> frozenset[str]:
        """Return the columns that may be in a header more than once, all of which are read."""
        return frozenset(column for source in self.columns.values() if source.every for column in source.columns)

    def source_columns(self) -> tuple[str, ...]:
        """Return every column (or XML path) that is read, once each. Others, such as cost prices, are never read."""
        sources = (*self.key, *self.columns.values())
        return tuple(dict.fromkeys(column for source in sources for column in source.columns))
