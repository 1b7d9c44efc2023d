"""Types of parameters, and the check that a request has none that its operation does not know.

A misspelt filter is an error, not a search without it. The OpenAPI document says which parameters an operation has, so
there is no second list to keep. The number types refuse values that Python takes for numbers and the contract does not.
"""

import re
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, LiteralString, TypeVar
from uuid import UUID

from fastapi import Path
from pydantic import BeforeValidator, Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError
from pydantic_core.core_schema import no_info_after_validator_function
from starlette.datastructures import QueryParams
from starlette.types import Scope

from api.contract.problems import RepeatedParameterError, UnknownParameterError
from core.text.lines import LINE_PATTERN

_DAY_SIGNS = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME_SIGNS = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}")


KnownParameters = dict[str, bool]
"""The query parameters of an operation, and whether each may be repeated."""


def refuse_unknown_parameters(scope: Scope, known: KnownParameters | None) -> None:
    """Refuse query parameters that an operation does not have; None for pages outside the contract.

    Raises:
        UnknownParameterError: unless the operation lets foreign parameters pass.
        RepeatedParameterError: where only one value makes sense.
    """
    if known is None or not scope["query_string"]:
        return
    given = QueryParams(scope["query_string"])
    for name in given:
        if name not in known:
            if scope["route"].rules.foreign_parameters:
                continue
            raise UnknownParameterError(name, list(known))
        if not known[name] and len(given.getlist(name)) > 1:
            raise RepeatedParameterError(name)


def query_parameters(contract: dict[str, Any], path: str, method: str) -> KnownParameters | None:
    """Return the parameters of an operation as the contract says; None for pages outside it."""
    operation: dict[str, Any] | None = contract["paths"].get(path, {}).get(method.lower())
    if operation is None:
        return None
    query = [one for one in operation.get("parameters", []) if one["in"] == "query"]
    return {one["name"]: one["schema"].get("type") == "array" for one in query}


@dataclass(frozen=True)
class TextRule:
    """A rule for the letters of a text: an annotation that checks it and states it in the contract."""

    pattern: str
    message: LiteralString

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        sound = re.compile(self.pattern.removeprefix("^").removesuffix("$"))

        def check(value: str) -> str:
            if sound.fullmatch(value) is None:
                raise PydanticCustomError("invalid_text", self.message)
            return value

        return no_info_after_validator_function(check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {**handler(schema), "pattern": self.pattern}


SOUND_TEXT = TextRule(r"^[^\u0000]*$", "NUL characters are not allowed in text")
"""PostgreSQL cannot store NUL, and no keyboard has it."""
_UNSEEN = (
    r"\s\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    r"\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0"
)
VISIBLE = TextRule(
    rf"^[^\u0000]*[^{_UNSEEN}][^\u0000]*$",
    "Text has something to read: blanks alone say nothing",
)
"""With `SOUND_TEXT` before it. A reply of blanks would stop a clock, and a refund has a reason that says something."""
ONE_LINE = TextRule(LINE_PATTERN, "This is one line of text without blanks around it")
FILE_NAME = TextRule(
    rf"^(?!\.{{1,2}}$)(?!.*[/\\]){LINE_PATTERN.removeprefix('^')}", "a file's name is one line of text without / and \\"
)
"""No path, and nothing that would steer a terminal: it is shown to people and stands in reports."""


def json_number(value: object) -> object:
    """Refuse JSON booleans and strings where a number belongs: Python would take both."""
    if isinstance(value, bool) or not isinstance(value, int | float | None):
        raise PydanticCustomError("number_type", "Input should be a number, without quotes")
    return value


def json_truth(value: object) -> object:
    """Refuse numbers and texts where true or false belongs: Python would take both."""
    if not isinstance(value, bool | None):
        raise PydanticCustomError("bool_type", "Input should be true or false, without quotes")
    return value


def json_day(value: object) -> object:
    """Refuse whatever is not a day as `YYYY-MM-DD`: a bare number would be taken for seconds since 1970."""
    if value is not None and (not isinstance(value, str) or _DAY_SIGNS.fullmatch(value) is None):
        raise PydanticCustomError("date_parsing", "Input should be a day as YYYY-MM-DD")
    return value


def json_time(value: object) -> object:
    """Refuse whatever is not written as `YYYY-MM-DDThh:mm…`: a bare number would be taken for seconds since 1970."""
    if value is not None and (not isinstance(value, str) or _TIME_SIGNS.match(value) is None):
        raise PydanticCustomError("datetime_parsing", "Input should be a time as YYYY-MM-DDThh:mm:ss with its offset")
    return value


def _written(pattern: str, code: LiteralString, message: LiteralString) -> BeforeValidator:
    """Make the check that a parameter is written as `pattern` says: Python's parsers take more than that."""
    sound = re.compile(pattern)

    def check(value: object) -> object:
        if isinstance(value, str) and sound.fullmatch(value) is None:
            raise PydanticCustomError(code, message)
        return value

    return BeforeValidator(check)


# The constraints of a number stand before these in its annotation, as in Annotated[int, Field(ge=0), WHOLE]: after them
# pydantic checks the constraints too, but leaves them out of the contract.

# Not as `1_000` or `5.0`.
WHOLE = _written(r"-?[0-9]{1,30}", "int_parsing", "Input should be a whole number in plain digits")
# As JSON writes numbers: not as `1_0` or `NaN`.
DECIMAL = _written(r"-?[0-9]{1,30}(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?", "float_parsing", "Input should be a number")
TRUTH = _written(r"true|false", "bool_parsing", "Input should be true or false")

JSON_NUMBER = BeforeValidator(json_number)
"""A number in a JSON body; 5.0 is a whole one, "5" and true are none."""
JSON_TRUTH = BeforeValidator(json_truth)
"""true or false in a JSON body; 0, 1 and "true" are neither."""
JSON_TIME = BeforeValidator(json_time)
"""A time in a JSON body or a query."""
JSON_DAY = BeforeValidator(json_day)
"""A day in a JSON body."""


@dataclass(frozen=True)
class _WithoutNull:
    """Leaves null out of the contract: a query has no null."""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        found = handler(schema)
        possible = [each for each in found.pop("anyOf") if each != {"type": "null"}]
        return {**found, **possible[0]} if len(possible) == 1 else {**found, "anyOf": possible}


Value = TypeVar("Value")
OptionalParam = Annotated[Value | None, _WithoutNull()]
"""A parameter that may be left out."""
QueryDay = Annotated[date, JSON_DAY]
"""A day in a query or a path."""
Name = Annotated[str, Field(min_length=1, max_length=100), SOUND_TEXT]
"""A make, a model, a city: short text without NULs."""
EXAMPLE_LISTING_ID = UUID("019a2b3c-4d5e-7f60-8a9b-0c1d2e3f4a5b")
ListingId = Annotated[UUID, Path(description="The listing's id.", examples=[str(EXAMPLE_LISTING_ID)])]
