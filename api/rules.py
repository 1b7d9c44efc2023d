"""Rules for the requests of an operation, declared at its endpoint: access, content types, body size, parameters.

`api.middleware.body_guard` and `api.parameters` read the declaration from the route; they know no paths.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, TypeVar

from core.access.permissions import Permission
from core.access.principal import Principal
from core.db.session import Session

KIB = 1024
PUBLIC: Final = "public"
"""Anybody may call it, with a token or without."""
LOGIN: Final = "login"
"""Everybody who has logged in may call it, for what is their own."""
Access = Permission | Literal["public", "login"]
JSON_TYPE = "application/json"
_ATTRIBUTE = "__request_rules__"

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class RequestRules:
    """The rules of an operation; the defaults are those of a small JSON request. Only `access` must be declared."""

    access: Access | None = None
    """The permission that it asks for, checked by the domain for the thing in question; or one of the words above."""
    content_types: tuple[str, ...] = (JSON_TYPE,)
    """Content types that the body may have; none listed: any."""
    max_body_bytes: int = 64 * KIB
    streamed: bool = False
    """The endpoint reads the body by itself, and counts and times it."""
    idempotent: bool = False
    """It takes an `Idempotency-Key`; its endpoint is a plain function with a session and a caller."""
    needs_key: bool = False
    """It moves money, and so refuses requests without an `Idempotency-Key`."""
    may_repeat: Callable[[Session, Principal, Mapping[str, Any]], None] | None = None
    """Asks for the right over what the path names, before a kept answer is given; in `orgs/{code}` that is done."""
    foreign_parameters: bool = False
    """Query parameters that the contract does not name are ignored: senders of callbacks add their own."""


def request_rules(**rules: Any) -> Callable[[F], F]:  # noqa: ANN401  (the fields of RequestRules)
    """Declare rules that differ from the defaults; goes between the route's decorator and the function."""

    def declare(endpoint: F) -> F:
        setattr(endpoint, _ATTRIBUTE, replace(RequestRules(), **rules))
        return endpoint

    return declare


def declare_access(endpoint: Callable[..., Any], access: Access) -> None:
    """Give an endpoint that declares no access the one of its router."""
    rules = rules_of(endpoint)
    if rules.access is None:
        setattr(endpoint, _ATTRIBUTE, replace(rules, access=access))


def rules_of(endpoint: Callable[..., Any]) -> RequestRules:
    """Return the rules that an endpoint declares, or the defaults."""
    rules: RequestRules = getattr(endpoint, _ATTRIBUTE, RequestRules())
    return rules


def access_name(access: Access) -> str:
    """Return the name of an access: of the permission, or the word."""
    return access.name if isinstance(access, Permission) else access
