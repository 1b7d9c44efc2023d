"""Infer what the cars of one XML file have in common: the sequence of a car's tags without their values.

A template is inferred once, with a parser; a car with the same tags, byte for byte, has its values at the same places.
"""

import re
from dataclasses import dataclass, field
from xml.parsers import expat

import numpy as np
from numpy.typing import NDArray

from pipelines.feeds.mapping.xml_paths import PathNode
from pipelines.feeds.readers.xml.string_views import Positions, Utf8Buffer

_TAG = re.compile(rb"(/?)([^\s/>]+)((?:\s+[^\s=]+\s*=\s*(?:\"[^\"]*\"|'[^']*'))*)\s*(/?)")
_ATTRIBUTE = re.compile(rb"([^\s=]+)\s*=\s*([\"'])(.*?)\2", re.DOTALL)
_DEEPEST = 64
_BEYOND = 1 << 40
_NOWHERE = np.empty(0, np.int64)

Value = tuple[int, int | None]
"""Attribute `number` of a tag, or with number None the text that follows the tag."""
Values = list[list[tuple[Positions, Positions]]]
"""The places at which the attributes of each tag begin and end."""


@dataclass(frozen=True)
class Tag:
    """Hold the bytes of a tag around its attributes' values: one piece more than there are values."""

    literals: tuple[bytes, ...]
    quotes: tuple[int, ...] = ()


@dataclass
class TagTemplate:
    """Hold the `tags` of a car in order, and where the values of each cell are among them."""

    tags: list[Tag] = field(default_factory=list)
    cells: dict[int, list[Value]] = field(default_factory=dict)


class NeedsEventParserError(Exception):
    """Raised for a block that only the event parser can read."""


def infer_template(car: bytes, root: PathNode) -> TagTemplate:
    """Infer the template of a car from its bytes.

    Raises:
        NeedsEventParserError: it is not well-formed, or has texts of several pieces, which the event parser joins.
    """
    try:
        expat.ParserCreate("utf-8").Parse(car, True)  # noqa: FBT003  (it has no names)
    except expat.ExpatError as error:
        raise NeedsEventParserError from error
    template = TagTemplate()
    steps: list[PathNode] = []
    for number, found in enumerate(re.finditer(rb"<([^>]*)>", car)):
        _infer_tag(template, found[1], number, steps, root)
    return template


def _infer_tag(template: TagTemplate, inside: bytes, number: int, steps: list[PathNode], root: PathNode) -> None:
    tag = _TAG.fullmatch(inside)
    if tag is None or len(steps) > _DEEPEST:
        raise NeedsEventParserError
    closes, name, attributes, empty = tag.groups()
    if closes:
        template.tags.append(Tag((inside,)))
        _leave(template, steps.pop(), number)
        return
    step = _inner(steps[-1], name.decode()) if steps else root
    if steps and steps[-1].texts:
        raise NeedsEventParserError  # a wanted text with elements in it
    steps.append(step)
    found = list(_ATTRIBUTE.finditer(attributes))
    start = tag.start(3)
    edges = [0, *(place for each in found for place in (start + each.start(3), start + each.end(3))), len(inside)]
    literals = tuple(inside[begin:end] for begin, end in zip(edges[::2], edges[1::2], strict=True))
    template.tags.append(Tag(literals, tuple(each[2][0] for each in found)))
    names = [each[1].decode() for each in found]
    for attribute, cell in step.attributes:
        if attribute in names:
            template.cells.setdefault(cell, []).append((number, names.index(attribute)))
    if empty:
        if step.texts:
            raise NeedsEventParserError  # an empty text, which has no bytes in the file
        steps.pop()


def _leave(template: TagTemplate, step: PathNode, number: int) -> None:
    for cell in step.texts:
        template.cells.setdefault(cell, []).append((number - 1, None))


def _inner(step: PathNode, name: str) -> PathNode:
    found = step.inner.get(name)
    return found if found is not None else step.inner.get(name.rpartition(":")[2], PathNode())


class RecordBatch:
    """Hold the cars of a block that have the same number of tags: `opens` and `closes` are tags by cars."""

    def __init__(self, block: Utf8Buffer, opens: Positions, closes: Positions) -> None:
        self.block, self.opens, self.closes = block, opens, closes

    def match(self, template: TagTemplate, quotes: dict[int, Positions]) -> tuple[NDArray[np.bool_], Values]:
        """Return which cars fit the template, and where each tag's values begin and end."""
        fits = np.ones(self.opens.shape[1], np.bool_)
        values = []
        for number, tag in enumerate(template.tags):
            place, end = self.opens[number] + 1, self.closes[number]
            spans = []
            for literal, quote in zip(tag.literals, tag.quotes, strict=False):
                fits &= self.block.matches_at(place, literal)
                start = place + len(literal)
                place = _next(quotes.get(quote, _NOWHERE), start)
                spans.append((start, np.minimum(place, end)))
            fits &= self.block.matches_at(place, tag.literals[-1]) & (place + len(tag.literals[-1]) == end)
            if not fits.any():
                break
            values.append(spans)
        return fits, values

    def span(self, values: Values, rows: NDArray[np.bool_], at: Value) -> tuple[Positions, Positions]:
        """Return where one value of the cars that are `rows` begins and ends."""
        tag, number = at
        start, end = (self.closes[tag] + 1, self.opens[tag + 1]) if number is None else values[tag][number]
        return start[rows], end[rows]


def _next(sorted_places: Positions, starts: Positions) -> Positions:
    """Return the first of the places at or after each start; beyond all of them where there is none."""
    at = np.searchsorted(sorted_places, starts)
    return np.append(sorted_places, _BEYOND)[at]
