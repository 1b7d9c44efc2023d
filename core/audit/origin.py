"""The request that the present work answers, as far as the audit trail names it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Final

from core.access.principal import Principal


@dataclass
class RequestOrigin:
    """The client of a request, and what becomes known of the request on its way.

    One object stands for the whole request: threads that copy the context see it too, so what they learn (the caller,
    the code of a refusal) is there for the edge that records the refusal after the transaction was rolled back.
    """

    address_class: str | None = None
    device: str | None = None
    """A device id that the platform has signed; clients can write anything into an unsigned one."""
    operation: str | None = None
    """`METHOD /path/{parameter}`."""
    principal: Principal = field(default_factory=Principal.anonymous)
    refusal: str | None = None
    """The code of the problem that is answered."""


NO_REQUEST: Final = RequestOrigin()
"""Commands, assets and loops have no client; never written to."""
_ORIGIN: ContextVar[RequestOrigin] = ContextVar("request_origin", default=NO_REQUEST)


def current_origin() -> RequestOrigin | None:
    """Return the request that is being answered; None outside of requests."""
    origin = _ORIGIN.get()
    return None if origin is NO_REQUEST else origin


@contextmanager
def request_origin(origin: RequestOrigin) -> Iterator[RequestOrigin]:
    """Name the client of a request for all audit records that are written inside the block."""
    token = _ORIGIN.set(origin)
    try:
        yield origin
    finally:
        _ORIGIN.reset(token)
