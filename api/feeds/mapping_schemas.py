"""Mappings of a dealer's files, as its people see and keep them."""

from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field

from api.parameters import JSON_TRUTH, SOUND_TEXT
from serving.feeds.mappings import KeptMapping, Suggestion

_TOML = (
    'version = 1\nabout = "Khan Motors\' sheet"\ndelivery = "full"\nkey = [["Stock No"]]\n[columns]\nmake = "Make"\n'
    'model = "Model"\nmodel_year = "Year"\nprice = "Demand"\n[constants]\nvisibility = "public"\n'
    'channels = "automart autotrader"\n'
)
_MAPPING: dict[str, Any] = {
    "name": "khan-sheet",
    "version": 1,
    "versions": [1],
    "own": True,
    "default": True,
    "format": "delimited",
    "delivery": "full",
    "about": "Khan Motors' sheet",
    "toml": _TOML,
}


class MappingRead(BaseModel):
    """A mapping, by which files of one form are read."""

    model_config = ConfigDict(json_schema_extra={"examples": [_MAPPING]})

    name: str
    version: int
    versions: list[int] = Field(description="All that are kept, the newest last.")
    own: bool = Field(description="It belongs to this dealer; otherwise it comes with the platform.")
    default: bool = Field(description="The dealer's files are read by it where none is named.")
    format: str
    delivery: str = Field(
        description="`full`: a car that is not in the file is gone. `partial`: it says nothing of others."
    )
    about: str
    toml: str = Field(description="The mapping itself.")

    @classmethod
    def of(cls, kept: KeptMapping) -> Self:
        """Make the view of a mapping that is kept."""
        same = {name: getattr(kept.mapping, name) for name in ("name", "version", "format", "delivery", "about")}
        return cls(versions=list(kept.versions), own=kept.own, default=kept.default, toml=kept.text, **same)


class MappingList(BaseModel):
    """The mappings that a dealer may use."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_MAPPING]}]})

    items: list[MappingRead]


class MappingPut(BaseModel):
    """A mapping to be kept."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"toml": _TOML, "default": True}]})

    toml: Annotated[str, Field(min_length=1, max_length=50_000), SOUND_TEXT] = Field(description="The mapping itself.")
    default: Annotated[bool, JSON_TRUTH] = Field(
        default=False, description="Read the dealer's files by it from now on, where none is named."
    )


class ChoiceRead(BaseModel):
    """A column, the field that it was taken for, and the reasons."""

    field: str
    column: str
    confidence: float = Field(description="A weight from 0 to 1, no probability.")
    reasons: list[str]
    examples: list[str] = Field(description="Some of its cells.")


class SuggestionRead(BaseModel):
    """A proposal to be read through, corrected and kept."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "toml": _TOML,
                    "choices": [
                        {
                            "field": "price",
                            "column": "Demand",
                            "confidence": 1.0,
                            "reasons": ["header 'Demand' means price"],
                            "examples": ["45 lacs"],
                        }
                    ],
                    "notes": ["delivery is partial: set it to full if every file is the dealer's whole stock."],
                    "not_read": ["Cost"],
                }
            ]
        }
    )

    toml: str
    choices: list[ChoiceRead]
    notes: list[str] = Field(description="What a person must still decide.")
    not_read: list[str] = Field(description="Columns that nothing is taken from.")

    @classmethod
    def of(cls, found: Suggestion, toml: str) -> Self:
        """Make the view of a proposal."""
        choices = [
            ChoiceRead(
                field=each.field,
                column=each.column,
                confidence=each.confidence,
                reasons=list(each.reasons),
                examples=list(each.examples),
            )
            for each in found.choices
        ]
        return cls(toml=toml, choices=choices, notes=list(found.notes), not_read=list(found.unused))
