"""Compile the typed filter tree to Meilisearch's filter expressions. No string of a caller is ever parsed.

A value cannot end its quotes: before it is quoted, every character that means something inside quotes is written as
`%` and its code, here and in the documents alike (`encoded`). Equality stays exact, since the writing is one to one,
and what stands between two quotes holds neither a quote nor a backslash.
"""

from collections.abc import Iterable

from core.search.filters import AllOf, AnyOf, Between, Filter, Near, NoneOf, SomeOf
from core.search.meilisearch.schema import ID, PLACE, encoded, number_name, term_name
from core.search.paging.sort_keys import id_of, value_of
from core.search.places import by_distance

_INT64 = 2**63
NOTHING = f"{PLACE} IN []"
"""An expression that no document meets."""


def every(parts: Iterable[str]) -> str:
    """Match what meets all of them; everything where there are none, written as not-nothing."""
    return _joined(list(parts), "AND", f"NOT {NOTHING}")


def some(parts: Iterable[str]) -> str:
    """Match what meets any of them; nothing where there are none."""
    return _joined(list(parts), "OR", NOTHING)


def without(expression: str, excluded: str) -> str:
    """Match what meets the first and not the second."""
    return f"({expression} AND NOT {excluded})"


def is_any(attribute: str, values: Iterable[str]) -> str:
    """Match an attribute that has one of the values, which are taken as they are."""
    return f"{attribute} IN [{', '.join(quoted(value) for value in values)}]"


def starts_with(attribute: str, value: str) -> str:
    """Match an attribute with a value that starts so."""
    return f"{attribute} STARTS WITH {quoted(value)}"


def known(attribute: str) -> str:
    """Match documents that have the attribute."""
    return f"{attribute} EXISTS"


def after(number: str, key: str, *, ascending: bool) -> str:
    """Match documents after a sort key (`core.search.paging.sort_keys`), in the direction of the sort."""
    sign, value = ">" if ascending else "<", value_of(key)
    return some([f"{number} {sign} {value}", every([f"{number} = {value}", f"{ID} {sign} {quoted(id_of(key).hex)}"])])


def quoted(value: str) -> str:
    """Quote a value that cannot end its own quotes.

    >>> quoted('a" OR "b')
    '"a%22 OR %22b"'
    """
    return f'"{encoded(value)}"'


def compile_filter(node: Filter) -> str:
    """Compile the typed tree to one expression, in parentheses where it has parts."""
    match node:
        case AnyOf(field, values):
            return is_any(term_name(field), (value for value in values if value))
        case NoneOf(field, values):
            return f"NOT {compile_filter(AnyOf(field, values))}"
        case Between(field, low, high):
            return _between(number_name(field), low, high)
        case Near(point, radius_km):
            return is_any(
                PLACE, (key for distance, keys in by_distance(point) if distance <= radius_km for key in keys)
            )
        case AllOf(parts):
            return every(compile_filter(part) for part in parts)
        case SomeOf(parts):
            return some(compile_filter(part) for part in parts)


def _between(name: str, low: int | None, high: int | None) -> str:
    if (low is not None and low >= _INT64) or (high is not None and high < -_INT64):
        return NOTHING
    bounds = [f"{name} >= {max(low, -_INT64)}"] if low is not None else []
    bounds += [f"{name} <= {min(high, _INT64 - 1)}"] if high is not None else []
    return every(bounds or [known(name)])


def _joined(parts: list[str], word: str, none: str) -> str:
    if len(parts) == 1:
        return parts[0]
    return f"({f' {word} '.join(parts)})" if parts else none
