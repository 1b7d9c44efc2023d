"""Types of parameters, and the check that a request has none that its operation does not know.

A misspelt filter is an error, not a search without it. The OpenAPI document says which parameters an operation has, so
there is no second list to keep. The number types refuse values that Python takes for numbers and the contract does not.
"""

import re
from datetime import date
from typing import Annotated, Any, LiteralString
from uuid import UUID

from fastapi import Path, Request
from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from api.problems import RepeatedParameterError, UnknownParameterError


async def known_parameters_only(request: Request) -> None:
    """Refuse query parameters that the operation does not have; a dependency of every operation.

    Raises:
        UnknownParameterError: unless the operation lets foreign parameters pass.
        RepeatedParameterError: where only one value makes sense.
    """
    if not request.scope["query_string"]:
        return
    route = request.scope.get("route")
    known = _parameters(request, getattr(route, "path_format", None))
    if known is None or getattr(route, "rules", None) is None:
        return
    for name in dict.fromkeys(request.query_params.keys()):
        if name not in known:
            if route.rules.foreign_parameters:  # type: ignore[union-attr]
                continue
            raise UnknownParameterError(name, list(known))
        if not known[name] and len(request.query_params.getlist(name)) > 1:
            raise RepeatedParameterError(name)


def _parameters(request: Request, path: str | None) -> dict[str, bool] | None:
    """Return the operation's query parameters and whether each may be repeated; None for pages outside the contract."""
    operation: dict[str, Any] | None = request.app.openapi()["paths"].get(path, {}).get(request.method.lower())
    if operation is None:
        return None
    query = [one for one in operation.get("parameters", []) if one["in"] == "query"]
    return {one["name"]: one["schema"].get("type") == "array" for one in query}


def sound_text(value: str) -> str:
    """Refuse NUL characters: PostgreSQL cannot store them, and no keyboard has them."""
    if "\0" in value:
        raise PydanticCustomError("invalid_text", "NUL characters are not allowed in text")
    return value


def file_name(value: str) -> str:
    """Refuse a name that is a path or would steer a terminal: it is shown to people and stands in reports."""
    if not value.isprintable() or value.strip() != value or set(value) & {"/", "\\"} or value in (".", ".."):
        raise PydanticCustomError("invalid_text", "a file's name is one line of text without / and \\")
    return value


def json_number(value: object) -> object:
    """Refuse JSON booleans and strings where a number belongs: Python would take both."""
    if isinstance(value, bool) or not isinstance(value, int | float | None):
        raise PydanticCustomError("number_type", "Input should be a number, without quotes")
    return value


def _written(pattern: str, code: LiteralString, message: LiteralString) -> BeforeValidator:
    """Make the check that a parameter is written as `pattern` says: Python's parsers take more than that."""
    sound = re.compile(pattern)

    def check(value: object) -> object:
        if isinstance(value, str) and sound.fullmatch(value) is None:
            raise PydanticCustomError(code, message)
        return value

    return BeforeValidator(check)


# Not as `1_000` or `5.0`.
_WHOLE = _written(r"-?[0-9]{1,30}", "int_parsing", "Input should be a whole number in plain digits")
# Not as `1e3`, `1_0` or `NaN`.
_DECIMAL = _written(r"-?[0-9]{1,30}(\.[0-9]{1,30})?", "float_parsing", "Input should be a number in plain digits")
# A bare number would be taken for seconds since 1970.
_DAY = _written(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", "date_parsing", "Input should be a day as YYYY-MM-DD")

JsonInt = Annotated[int, BeforeValidator(json_number)]
"""A whole number in a JSON body; 5.0 is one, "5" and true are not."""
JsonFloat = Annotated[float, BeforeValidator(json_number)]
"""A number in a JSON body."""
QueryInt = Annotated[int, _WHOLE]
"""A whole number in a query or a path."""
QueryFloat = Annotated[float, _DECIMAL]
"""A number in a query or a path."""
QueryDay = Annotated[date, _DAY]
"""A day in a query or a path."""
Name = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(sound_text)]
"""A make, a model, a city: short text without NULs."""
EXAMPLE_LISTING_ID = UUID("019a2b3c-4d5e-7f60-8a9b-0c1d2e3f4a5b")
ListingId = Annotated[UUID, Path(description="The listing's id.", examples=[str(EXAMPLE_LISTING_ID)])]
