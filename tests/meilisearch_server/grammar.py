"""Meilisearch's filter grammar, read from its documentation and parser: text in, a tree out, anything else an error.

It shares nothing with the platform's own code: it is what that code's expressions are judged by.

    filter    = or                         condition = value ("=" | "!=" | ">" | ">=" | "<" | "<=") value
    or        = and ("OR" and)*                      | value "NOT"? "IN" "[" (value ("," value)* ","?)? "]"
    and       = not ("AND" not)*                     | value value "TO" value
    not       = "NOT" not | primary                  | value "NOT"? "EXISTS" | value "IS" "NOT"? ("NULL" | "EMPTY")
    primary   = "(" or ")" | geoRadius | condition   | value "NOT"? "STARTS" "WITH" value
    value     = word | 'single' | "double"; in quotes a backslash takes the next character along
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

KEYWORDS = {"AND", "OR", "IN", "NOT", "TO", "EXISTS", "IS", "NULL", "EMPTY", "CONTAINS", "STARTS", "WITH", "_geoRadius"}
MAX_DEPTH = 200
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "\\": "\\", "'": "'", '"': '"'}
_NUMBER = re.compile(r"\s*([-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?)\s*")


class FilterError(Exception):
    """The text is no filter."""


@dataclass(frozen=True)
class Condition:
    """An attribute, an operator and its values: =, >, >=, <, <=, in, to, exists, null, empty, starts."""

    attribute: str
    operator: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Near:
    """_geoRadius(latitude, longitude, metres)."""

    latitude: float
    longitude: float
    metres: float


@dataclass(frozen=True)
class Not:
    part: Any


@dataclass(frozen=True)
class All:
    parts: tuple[Any, ...]


@dataclass(frozen=True)
class Some:
    parts: tuple[Any, ...]


@lru_cache(maxsize=2048)
def parse(text: str) -> Any:
    """The tree of a filter; None for nothing but spaces."""
    if not text.strip():
        return None
    reader = _Reader(text)
    tree = reader.either(0)
    reader.spaces()
    if reader.at != len(text):
        raise FilterError(f"Found unexpected characters at the end of the filter: `{text[reader.at :]}`.")
    return tree


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def spaces(self) -> None:
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1

    def either(self, depth: int) -> Any:
        parts = [self.both(depth + 1)]
        while self.keyword("OR"):
            parts.append(self.both(depth + 1))
        return parts[0] if len(parts) == 1 else Some(tuple(parts))

    def both(self, depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise FilterError("The filter exceeded the maximum depth limit.")
        parts = [self.negated(depth + 1)]
        while self.keyword("AND"):
            parts.append(self.negated(depth + 1))
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def negated(self, depth: int) -> Any:
        return Not(self.negated(depth + 1)) if self.keyword("NOT") else self.primary(depth + 1)

    def primary(self, depth: int) -> Any:
        if self.symbol("("):
            inside = self.either(depth + 1)
            self.expect(")")
            return inside
        if self.keyword("_geoRadius"):
            self.expect("(")
            numbers = [self.number()]
            while self.symbol(","):
                numbers.append(self.number())
            self.expect(")")
            if len(numbers) != 3:
                raise FilterError("The `_geoRadius` filter expects three arguments.")
            return Near(*numbers)
        return self.condition()

    def condition(self) -> Any:
        attribute = self.value()
        for operator in ("!=", ">=", "<=", "=", ">", "<"):
            if self.symbol(operator):
                found = Condition(attribute, "=" if operator == "!=" else operator, (self.value(),))
                return Not(found) if operator == "!=" else found
        if self.keyword("IS"):
            negative = self.keyword("NOT")
            found = self.state(attribute)
        else:
            negative = self.keyword("NOT")
            found = self.relation(attribute, negative=negative)
        return Not(found) if negative else found

    def state(self, attribute: str) -> Condition:
        for word in ("NULL", "EMPTY"):
            if self.keyword(word):
                return Condition(attribute, word.lower())
        raise FilterError("Expected `NULL` or `EMPTY`.")

    def relation(self, attribute: str, *, negative: bool) -> Condition:
        if self.keyword("IN"):
            return Condition(attribute, "in", self.listed())
        if self.keyword("EXISTS"):
            return Condition(attribute, "exists")
        if self.keyword("STARTS"):
            if not self.keyword("WITH"):
                raise FilterError("Was expecting `STARTS WITH`.")
            return Condition(attribute, "starts", (self.value(),))
        if self.keyword("CONTAINS"):
            raise FilterError("Using `CONTAINS` in a filter requires enabling the `contains filter` feature.")
        if not negative and (low := self.maybe_value()) is not None and self.keyword("TO"):
            return Condition(attribute, "to", (low, self.value()))
        raise FilterError(f"Was expecting an operation at `{self.text[self.at :][:40]}`.")

    def listed(self) -> tuple[str, ...]:
        self.expect("[")
        values: list[str] = []
        while not self.symbol("]"):
            if values:
                self.expect(",")
                if self.symbol("]"):
                    break
            values.append(self.value())
        return tuple(values)

    def value(self) -> str:
        found = self.maybe_value()
        if found is None:
            rest = self.text[self.at :][:40]
            got = f"`{rest}`" if rest else "nothing"
            place = f"{self.at + 1}:{self.at + 1} {self.text}"
            raise FilterError(f"Was expecting a value but instead got {got}.\n{place}")
        return found

    def maybe_value(self) -> str | None:
        self.spaces()
        quote = self.text[self.at : self.at + 1]
        if quote and quote in "'\"":
            return self.quoted(quote)
        word = self.word()
        if not word or word in KEYWORDS:
            return None
        self.at += len(word)
        return word

    def quoted(self, quote: str) -> str:
        start = self.at = self.at + 1
        while True:
            char = self.text[self.at : self.at + 1]
            if not char:
                raise FilterError(f"Expression `{quote}{self.text[start:][:40]}` is missing its closing delimiter.")
            if char == quote:
                break
            self.at += 2 if char == "\\" else 1
        inside = self.text[start : self.at]
        self.at += 1
        return _unescaped(inside.replace("\\" + quote, quote))

    def word(self) -> str:
        end = self.at
        while end < len(self.text) and (self.text[end].isalnum() or self.text[end] in "_-."):
            end += 1
        return self.text[self.at : end]

    def keyword(self, name: str) -> bool:
        self.spaces()
        if self.word() != name:
            return False
        self.at += len(name)
        return True

    def symbol(self, name: str) -> bool:
        self.spaces()
        if not self.text.startswith(name, self.at):
            return False
        self.at += len(name)
        return True

    def expect(self, name: str) -> None:
        if not self.symbol(name):
            raise FilterError(f"Was expecting `{name}` at `{self.text[self.at :][:40]}`.")

    def number(self) -> float:
        found = _NUMBER.match(self.text, self.at)
        if found is None:
            raise FilterError("The `_geoRadius` filter expects numbers.")
        self.at = found.end()
        return float(found[1])


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    found, at = [], 0
    while at < len(text):
        if text[at] == "\\":
            if text[at + 1 : at + 2] not in _ESCAPES:
                raise FilterError("Malformed value.")
            found.append(_ESCAPES[text[at + 1]])
            at += 2
        else:
            found.append(text[at])
            at += 1
    return "".join(found)
