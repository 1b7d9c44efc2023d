"""The request, run or loop that the present work belongs to, carried along for its log lines."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import Final

_NOTHING: Final = MappingProxyType[str, str]({})
_FIELDS: ContextVar[MappingProxyType[str, str]] = ContextVar("log_fields", default=_NOTHING)


@contextmanager
def log_fields(**fields: str) -> Iterator[None]:
    """Add fields (`request_id`, `run_id`, `loop`, …) to every log line that is written inside the block.

    Fields follow the work into tasks and into threads that copy the context (`asyncio.to_thread`, the server's
    worker threads); a thread started by hand begins without any.
    """
    token = _FIELDS.set(MappingProxyType({**_FIELDS.get(), **fields}))
    try:
        yield
    finally:
        _FIELDS.reset(token)


def current_fields() -> MappingProxyType[str, str]:
    """Return the fields of the present work."""
    return _FIELDS.get()
