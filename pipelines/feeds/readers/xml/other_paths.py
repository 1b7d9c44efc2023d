"""List the paths of the first cars of an XML file that hold anything, and that the mapping does not read."""

import re
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Final
from xml.parsers import expat

MOST_BYTES: Final = 1 << 20
MOST_RECORDS: Final = 1_000
"""As many as of JSON: see `json_records`."""
NOTHING: Final = frozenset({"", "0", "0.0", "no", "No", "false", "False", "-"})
_CONDITION = re.compile(r"\[[^\]]*\]")


class _EnoughError(Exception):
    """Raised where no further car is looked at."""


def _with_those_above(path: str) -> list[str]:
    """Return `a`, `a/b` and `a/b/c` of the last."""
    return list(accumulate(path.split("/"), "{}/{}".format))


@dataclass(slots=True)
class _Element:
    """An element (or an attribute, named with an @) and those below it; looked up by names, since files repeat them."""

    steps: tuple[str, ...] = ()
    inner: dict[str, "_Element"] = field(default_factory=dict)
    decided: bool = False
    """It needs no further look: read by the mapping, outside the records, or found."""

    def child(self, name: str) -> "_Element":
        if (found := self.inner.get(name)) is None:
            found = self.inner[name] = _Element((*self.steps, name.rpartition(":")[2]))
        return found

    def attribute(self, name: str) -> "_Element":
        if (found := self.inner.get(f"@{name}")) is None:
            found = self.inner[f"@{name}"] = _Element((*self.steps, f"@{name}"))
        return found


class _Paths:
    def __init__(self, record_path: str, wanted: tuple[str, ...]) -> None:
        self._record = tuple(record_path.split("/"))
        self._wanted = {above for path in wanted for above in _with_those_above(_CONDITION.sub("", path))}
        self._open = [_Element()]
        self._texts: list[str] = []
        self._records = 0
        self.found: dict[str, None] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        element = self._open[-1].child(name)
        self._open.append(element)
        self._texts.clear()
        for attribute, value in attributes.items():
            self._note(element.attribute(attribute), value)

    def characters(self, text: str) -> None:
        self._texts.append(text)

    def end(self, _: str) -> None:
        element = self._open.pop()
        if len(element.steps) > len(self._record):
            if not element.decided:
                self._note(element, "".join(self._texts))
        elif element.steps == self._record:
            self._records += 1
            if self._records >= MOST_RECORDS:
                raise _EnoughError
        self._texts.clear()

    def _note(self, element: _Element, value: str) -> None:
        if element.decided or value.strip() in NOTHING:
            return
        element.decided = True
        depth = len(self._record)
        path = "/".join(element.steps[depth:])
        if element.steps[:depth] == self._record and path not in self._wanted:
            self.found |= dict.fromkeys(above for above in _with_those_above(path) if above not in self._wanted)


def other_paths(head: bytes, record_path: str, wanted: tuple[str, ...]) -> tuple[str, ...]:
    """Return the paths below the records; `head` is the beginning of a file that was found to have no document type."""
    paths, parser = _Paths(record_path, wanted), expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = paths.start, paths.end
    parser.CharacterDataHandler = paths.characters
    with suppress(_EnoughError, expat.ExpatError, ValueError, LookupError):  # the reader says what is wrong
        parser.Parse(head[:MOST_BYTES], False)  # noqa: FBT003  (it has no names)
    return tuple(paths.found)
