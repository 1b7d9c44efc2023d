"""Gather what domains declare in their own folders, so that a new domain edits no central list."""

from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules
from typing import TypeVar

T = TypeVar("T")


def gather(package: str, module: str, kind: type[T]) -> tuple[T, ...]:
    """Collect the module-level values of `kind` from `<package>.<domain>.<module>` of every domain that has one.

    In the order of the domains' names, then of the values' names; a value that stands under two names counts once.
    """
    found: dict[int, T] = {}
    for domain in sorted(each.name for each in iter_modules(import_module(package).__path__) if each.ispkg):
        name = f"{package}.{domain}.{module}"
        if find_spec(name) is None:
            continue
        for _, value in sorted(vars(import_module(name)).items()):
            if isinstance(value, kind):
                found.setdefault(id(value), value)
    return tuple(found.values())
