"""List the paths of the first cars of an XML file that hold anything, and that the mapping does not read."""

import re
from contextlib import suppress
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


class _Paths:
    def __init__(self, record_path: str, wanted: tuple[str, ...]) -> None:
        self._record = record_path.split("/")
        self._wanted = {above for path in wanted for above in _with_those_above(_CONDITION.sub("", path))}
        self._open: list[str] = []
        self._texts: list[str] = []
        self._records = 0
        self._decided: set[tuple[str, ...]] = set()
        """Elements and attributes that need no further look: read by the mapping, outside the records, or found."""
        self.found: dict[str, None] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._open.append(name.rpartition(":")[2])
        self._texts.clear()
        for attribute, value in attributes.items():
            self._note((*self._open, f"@{attribute}"), value)

    def characters(self, text: str) -> None:
        self._texts.append(text)

    def end(self, _: str) -> None:
        if len(self._open) > len(self._record):
            self._note(tuple(self._open), "".join(self._texts))
        elif self._open == self._record:
            self._records += 1
            if self._records >= MOST_RECORDS:
                raise _EnoughError
        self._texts.clear()
        self._open.pop()

    def _note(self, steps: tuple[str, ...], value: str) -> None:
        if steps in self._decided or value.strip() in NOTHING:
            return
        self._decided.add(steps)
        depth = len(self._record)
        path = "/".join(steps[depth:])
        if list(steps[:depth]) == self._record and path not in self._wanted:
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
