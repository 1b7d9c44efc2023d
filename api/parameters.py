"""Query parameters are what the contract says, no more: a misspelt filter is an error, not a search without it.

The OpenAPI document is asked which parameters an operation has, so there is no second list to keep.
"""

from typing import Annotated, Any

from fastapi import Request
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from core.errors import InvalidInputError


async def known_parameters_only(request: Request) -> None:
    """A dependency of the whole application.

    Raises:
        InvalidInputError: `unknown_parameter`, or `repeated_parameter` where only one value makes sense.
    """
    known = _parameters(request)
    if known is None:
        return
    for name in dict.fromkeys(request.query_params.keys()):
        if name not in known:
            raise InvalidInputError(
                f"There is no query parameter {name[:60]!a} here; known: {', '.join(sorted(known)) or 'none'}.",
                code="unknown_parameter",
            )
        if not known[name] and len(request.query_params.getlist(name)) > 1:
            raise InvalidInputError(
                f"The query parameter {name} is given twice; give it once.", code="repeated_parameter"
            )


def _parameters(request: Request) -> dict[str, bool] | None:
    """The operation's query parameters, and whether each may be repeated; None for pages outside the contract."""
    path = getattr(request.scope.get("route"), "path", None)
    operation: dict[str, Any] | None = request.app.openapi()["paths"].get(path, {}).get(request.method.lower())
    if operation is None:
        return None
    found = [one for one in operation.get("parameters", []) if one["in"] == "query"]
    return {one["name"]: one["schema"].get("type") == "array" for one in found}


def sound_text(value: str) -> str:
    """Refuse what PostgreSQL cannot store and nobody types."""
    if "\0" in value:
        raise PydanticCustomError("invalid_text", "NUL characters are not allowed in text")
    return value


def file_name(value: str) -> str:
    """Refuse a name that is a path or would steer a terminal: it is shown to people and stands in reports."""
    if not value.isprintable() or value.strip() != value or set(value) & {"/", "\\"} or value in (".", ".."):
        raise PydanticCustomError("invalid_text", "a file's name is one line of text without / and \\")
    return value


Name = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(sound_text)]
"""A make, a model, a city: short text without NULs."""
