"""Rules for the requests of an operation, declared at its endpoint: content types, body size, foreign parameters.

`api.body_guard` and `api.parameters` read the declaration from the route; they know no paths.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

KIB = 1024
JSON_TYPE = "application/json"
_ATTRIBUTE = "__request_rules__"

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class RequestRules:
    """The rules of an operation; the defaults are those of a small JSON request."""

    content_types: tuple[str, ...] = (JSON_TYPE,)
    """Content types that the body may have; none listed: any."""
    max_body_bytes: int = 64 * KIB
    streamed: bool = False
    """The endpoint reads the body by itself, and counts and times it."""
    foreign_parameters: bool = False
    """Query parameters that the contract does not name are ignored: senders of callbacks add their own."""


def request_rules(**rules: Any) -> Callable[[F], F]:
    """Declare rules that differ from the defaults; goes between the route's decorator and the function."""

    def declare(endpoint: F) -> F:
        setattr(endpoint, _ATTRIBUTE, replace(RequestRules(), **rules))
        return endpoint

    return declare


def rules_of(endpoint: Callable[..., Any]) -> RequestRules:
    """Return the rules that an endpoint declares, or the defaults."""
    rules: RequestRules = getattr(endpoint, _ATTRIBUTE, RequestRules())
    return rules
