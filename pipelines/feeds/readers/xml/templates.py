"""What the cars of one XML file have in common: a shape is the sequence of a car's tags, all but their values.

A shape is read once, with care; a car that has the same tags, byte for byte, then holds its values at the same steps.
"""

import re
from dataclasses import dataclass, field
from xml.parsers import expat

import numpy as np
from numpy.typing import NDArray

from pipelines.feeds.readers.xml.paths import Step
from pipelines.feeds.readers.xml.string_views import Block, Places

_TAG = re.compile(rb"(/?)([^\s/>]+)((?:\s+[^\s=]+\s*=\s*(?:\"[^\"]*\"|'[^']*'))*)\s*(/?)")
_ATTRIBUTE = re.compile(rb"([^\s=]+)\s*=\s*([\"'])(.*?)\2", re.DOTALL)
_DEEPEST = 64
_BEYOND = 1 << 40
_NOWHERE = np.empty(0, np.int64)

Value = tuple[int, int | None]
"""Attribute `number` of a tag, or with number None the text that follows the tag."""
Values = list[list[tuple[Places, Places]]]
"""Where the attributes of each tag begin and end."""


@dataclass(frozen=True)
class Tag:
    """The bytes of a tag around its attributes' values: one more than there are values."""

    literals: tuple[bytes, ...]
    quotes: tuple[int, ...] = ()


@dataclass
class Shape:
    """`tags` of a car in order, and where the values of each cell stand among them."""

    tags: list[Tag] = field(default_factory=list)
    cells: dict[int, list[Value]] = field(default_factory=dict)


class NotOrderlyError(Exception):
    """The block is for the careful reader."""


def learn_shape(car: bytes, root: Step) -> Shape:
    """The shape of a car from its bytes.

    Raises:
        NotOrderlyError: it is not well-formed, or has texts of several pieces, which only the careful reader joins.
    """
    try:
        expat.ParserCreate("utf-8").Parse(car, True)
    except expat.ExpatError as error:
        raise NotOrderlyError from error
    shape = Shape()
    steps: list[Step] = []
    for number, found in enumerate(re.finditer(rb"<([^>]*)>", car)):
        _learn_tag(shape, found[1], number, steps, root)
    return shape


def _learn_tag(shape: Shape, inside: bytes, number: int, steps: list[Step], root: Step) -> None:
    tag = _TAG.fullmatch(inside)
    if tag is None or len(steps) > _DEEPEST:
        raise NotOrderlyError
    closes, name, attributes, empty = tag.groups()
    if closes:
        shape.tags.append(Tag((inside,)))
        _leave(shape, steps.pop(), number)
        return
    step = _inner(steps[-1], name.decode()) if steps else root
    if steps and steps[-1].texts:
        raise NotOrderlyError  # a wanted text with elements in it
    steps.append(step)
    found = list(_ATTRIBUTE.finditer(attributes))
    start = tag.start(3)
    edges = [0, *(place for each in found for place in (start + each.start(3), start + each.end(3))), len(inside)]
    literals = tuple(inside[begin:end] for begin, end in zip(edges[::2], edges[1::2], strict=True))
    shape.tags.append(Tag(literals, tuple(each[2][0] for each in found)))
    names = [each[1].decode() for each in found]
    for attribute, cell in step.attributes:
        if attribute in names:
            shape.cells.setdefault(cell, []).append((number, names.index(attribute)))
    if empty:
        if step.texts:
            raise NotOrderlyError  # an empty text, of which nothing stands in the file
        steps.pop()


def _leave(shape: Shape, step: Step, number: int) -> None:
    for cell in step.texts:
        shape.cells.setdefault(cell, []).append((number - 1, None))


def _inner(step: Step, name: str) -> Step:
    found = step.inner.get(name)
    return found if found is not None else step.inner.get(name.rpartition(":")[2], Step())


class Cars:
    """The cars of a block that have the same number of tags: `opens` and `closes` are tags by cars."""

    def __init__(self, block: Block, opens: Places, closes: Places) -> None:
        self.block, self.opens, self.closes = block, opens, closes

    def fitting(self, shape: Shape, quotes: dict[int, Places]) -> tuple[NDArray[np.bool_], Values]:
        """Which cars have the shape, and where each tag's values begin and end."""
        fits = np.ones(self.opens.shape[1], np.bool_)
        values = []
        for number, tag in enumerate(shape.tags):
            place, end = self.opens[number] + 1, self.closes[number]
            spans = []
            for literal, quote in zip(tag.literals, tag.quotes, strict=False):
                fits &= self.block.says(place, literal)
                start = place + len(literal)
                place = _next(quotes.get(quote, _NOWHERE), start)
                spans.append((start, np.minimum(place, end)))
            fits &= self.block.says(place, tag.literals[-1]) & (place + len(tag.literals[-1]) == end)
            if not fits.any():
                break
            values.append(spans)
        return fits, values

    def span(self, values: Values, rows: NDArray[np.bool_], at: Value) -> tuple[Places, Places]:
        """Where one value of the cars that are `rows` begins and ends."""
        tag, number = at
        start, end = (self.closes[tag] + 1, self.opens[tag + 1]) if number is None else values[tag][number]
        return start[rows], end[rows]


def _next(sorted_places: Places, starts: Places) -> Places:
    """The first of the places at or after each start; beyond everything where there is none."""
    at = np.searchsorted(sorted_places, starts)
    return np.append(sorted_places, _BEYOND)[at]
