"""Find the name that a misspelt one may stand for."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

_ALIKE: Final = 0.75
"""The least similarity (difflib) of two spellings: corola and Corolla are .92 alike."""


def closest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that is spelled most alike; None where none is.

    >>> closest("corola", ["civic", "corolla"]), closest("xyz", ["civic", "corolla"])
    ('corolla', None)
    """
    return next(iter(get_close_matches(name, known, n=1, cutoff=_ALIKE)), None)
