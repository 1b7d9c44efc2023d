"""The part of a search's answer that says how its words were understood."""

from pydantic import BaseModel, ConfigDict, Field

from core.search.query import Sort
from core.search.reading.asking import Understood
from core.search.reading.chips import Chip, ChipField, Note, Span, Word
from core.search.reading.relaxation import GivenUp


class UndoRead(BaseModel):
    """Two ways to repeat the search without a chip."""

    literal: ChipField = Field(description="Add it as `literal`: the words are then looked for as words.")
    q: str = Field(description="Or ask this: the search without the words of the chip.")


class ChipRead(BaseModel):
    """Words that were read as a filter or as an order."""

    field: ChipField
    text: str = Field(description="The words, as typed.")
    spans: list[tuple[int, int]] = Field(description="Where they stand in `q`: start and end, in code points.")
    filters: dict[str, list[str] | list[int] | int] = Field(description="The filters, by their names as parameters.")
    sort: Sort | None = Field(description="The order, where the chip is one.")
    applied: bool = Field(description="false: a parameter on the same field took its place.")
    undo: UndoRead


class NoteRead(BaseModel):
    """Words that were understood and can be no filter (`genuine`), or that are looked for as words."""

    text: str
    span: tuple[int, int]


class RelaxedRead(BaseModel):
    """Something asked for that gave way, because nothing meets everything."""

    field: ChipField | None = Field(description="The filter; null for a word.")
    text: str = Field(description="The word, or the name of the filter.")
    widened: bool = Field(description="true: it was made wider; false: it was left out.")


class InterpretationRead(BaseModel):
    """The interpretation of a search's words."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "chips": [
                        {
                            "field": "price",
                            "text": "25 lac tak",
                            "spans": [[6, 16]],
                            "filters": {"price_max": 2500000},
                            "sort": None,
                            "applied": True,
                            "undo": {"literal": "price", "q": "civic"},
                        }
                    ],
                    "notes": [],
                    "words": [],
                }
            ]
        }
    )

    chips: list[ChipRead]
    notes: list[NoteRead]
    words: list[NoteRead]

    @classmethod
    def of(cls, text: str, understood: Understood) -> "InterpretationRead":
        """Make it from the reading of a text."""
        reading = understood.reading
        chips = [_chip(text, chip, applied=True) for chip in reading.chips]
        chips += [_chip(text, chip, applied=False) for chip in understood.overridden]
        return cls(chips=chips, notes=list(map(_note, reading.notes)), words=list(map(_note, reading.words)))


def relaxed_of(understood: Understood | None) -> list[RelaxedRead]:
    """Return what gave way."""
    return [] if understood is None else [_relaxed(one) for one in understood.relaxed]


def _chip(text: str, chip: Chip, *, applied: bool) -> ChipRead:
    filters = {name: list(value) if isinstance(value, tuple) else value for name, value in chip.filters.items()}
    said = " ".join(text[start:stop] for start, stop in chip.spans)
    undo = UndoRead(literal=chip.field, q=_without(text, chip.spans))
    return ChipRead(
        field=chip.field, text=said, spans=list(chip.spans), filters=filters, sort=chip.sort, applied=applied, undo=undo
    )


def _without(text: str, spans: tuple[Span, ...]) -> str:
    kept, end = "", 0
    for start, stop in sorted(spans):
        kept, end = f"{kept}{text[end:start]} ", stop
    return " ".join((kept + text[end:]).split())


def _note(one: Note | Word) -> NoteRead:
    return NoteRead(text=one.text, span=one.span)


def _relaxed(one: GivenUp) -> RelaxedRead:
    return RelaxedRead(field=one.what, text=one.text, widened=one.widened)
