"""Gather the values that domains declare in their own folders, so that a new domain edits no central list."""

from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules
from typing import TypeVar

T = TypeVar("T")


def gather(package: str, module: str, kind: type[T]) -> tuple[T, ...]:
    """Collect the module-level values of `kind` from `<package>.<domain>.<module>` of every domain that has one.

    In the order of the domains' names, then of the values' names; a value with two names counts once.
    """
    return tuple(value for values in gather_by_domain(package, module, kind).values() for value in values)


def gather_by_domain(package: str, module: str, kind: type[T]) -> dict[str, tuple[T, ...]]:
    """Collect as `gather` does, by domain; domains without the module are left out."""
    found: dict[str, tuple[T, ...]] = {}
    for domain in sorted(each.name for each in iter_modules(import_module(package).__path__) if each.ispkg):
        name = f"{package}.{domain}.{module}"
        if find_spec(name) is not None:
            values = {id(value): value for _, value in sorted(vars(import_module(name)).items())}
            found[domain] = tuple(value for value in values.values() if isinstance(value, kind))
    return found
