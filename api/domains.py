"""The domains of the API: every package in this folder but two, so that a new one edits no list.

A domain's `__init__.py` exports

- `router`: an `api.routing.DomainRouter` with its operations;
- `TAG`: name and description under which the docs page shows them;
- `PROBLEMS`: the errors that its operations document, beyond those that every operation has.
"""

import importlib
import pkgutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Final

import api
from api.routing import DomainRouter
from core.errors import AutomartError

_SHARED: Final = {"contract", "middleware"}  # packages that serve every domain


@dataclass(frozen=True)
class Domain:
    """The exports of a domain."""

    name: str
    router: DomainRouter
    tag: dict[str, str]
    problems: Sequence[AutomartError]


def find_domains() -> list[Domain]:
    """Import the domains, in the order of their names."""
    return [Domain(name, module.router, module.TAG, module.PROBLEMS) for name, module in sorted(_packages())]


def _packages() -> Iterator[tuple[str, ModuleType]]:
    for package in pkgutil.iter_modules(api.__path__):
        if package.ispkg and package.name not in _SHARED:
            yield package.name, importlib.import_module(f"api.{package.name}")
