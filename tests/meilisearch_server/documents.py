"""Read the values of a document that filters, facets and orders use, and test it against a filter."""

import math
import unicodedata
from typing import Any

from tests.meilisearch_server.grammar import All, Condition, FilterError, Near, Not, Some
from tests.meilisearch_server.problems import ProblemError
from tests.meilisearch_server.settings import features, filterable

_LONGEST = 468  # bytes of a value to filter by


def normal(text: str) -> str:
    """Fold a value as it is compared: without case and compatibility forms."""
    cut = unicodedata.normalize("NFKD", text.strip()).lower().encode()[:_LONGEST]
    return cut.decode(errors="ignore")


class Stored:
    """A document, with its values as filters see them."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.texts: dict[str, dict[str, str]] = {}  # by attribute: normal form, spelling
        self.numbers: dict[str, set[float]] = {}
        for name, value in document.items():
            for one in value if isinstance(value, list) else [value]:
                if isinstance(one, bool):
                    self.texts.setdefault(name, {})[str(one).lower()] = str(one).lower()
                elif isinstance(one, int | float):
                    self.numbers.setdefault(name, set()).add(float(one))
                elif isinstance(one, str) and one:
                    self.texts.setdefault(name, {})[normal(one)] = one

    def sort_value(self, attribute: str, ascending: bool) -> tuple[int, Any] | None:
        """Numbers stand before texts; None where it has neither."""
        pick = min if ascending else max
        if numbers := self.numbers.get(attribute):
            return 0, pick(numbers)
        if texts := self.texts.get(attribute):
            return 1, pick(texts)
        return None


def check_attributes(tree: Any, settings: dict[str, Any]) -> None:
    """Refuse attributes that the settings do not name, and operators that they do not allow."""
    if isinstance(tree, All | Some):
        for part in tree.parts:
            check_attributes(part, settings)
    elif isinstance(tree, Not):
        check_attributes(tree.part, settings)
    elif isinstance(tree, Near):
        if "_geo" not in settings["filterableAttributes"]:
            raise ProblemError("invalid_search_filter", "Attribute `_geo` is not filterable.", of_index=True)
    elif isinstance(tree, Condition):
        allowed = features(settings, tree.attribute)
        if allowed is None or not (allowed.equality or allowed.comparison):
            raise ProblemError(
                "invalid_search_filter",
                f"Attribute `{tree.attribute}` is not filterable. Available filterable attribute patterns are:"
                f" {filterable(settings)}.",
                of_index=True,
            )
        comparison = tree.operator in (">", ">=", "<", "<=", "to")
        if (comparison and not allowed.comparison) or (tree.operator in ("=", "in") and not allowed.equality):
            raise ProblemError(
                "invalid_search_filter",
                f"Filter operator `{tree.operator}` is not allowed for the attribute `{tree.attribute}`.",
                of_index=True,
            )


def meets(stored: Stored, tree: Any) -> bool:
    """Whether the document meets the filter."""
    match tree:
        case All(parts):
            return all(meets(stored, part) for part in parts)
        case Some(parts):
            return any(meets(stored, part) for part in parts)
        case Not(part):
            return not meets(stored, part)
        case Near(latitude, longitude, metres):
            place = stored.document.get("_geo")
            return bool(place) and _metres(latitude, longitude, place["lat"], place["lng"]) <= metres
        case Condition(attribute, operator, values):
            return _holds(stored, attribute, operator, values)
    raise FilterError("unknown filter")


def _holds(stored: Stored, attribute: str, operator: str, values: tuple[str, ...]) -> bool:
    texts, numbers = stored.texts.get(attribute, {}), stored.numbers.get(attribute, set())
    value = stored.document.get(attribute)
    if operator == "exists":
        return attribute in stored.document
    if operator in ("null", "empty"):
        return attribute in stored.document and (value is None if operator == "null" else value in ("", [], {}))
    if operator in ("=", "in"):
        return any(normal(one) in texts or _number(one) in numbers for one in values)
    if operator == "starts":
        return any(text.startswith(normal(values[0])) for text in texts)
    bounds = [(normal(one), _number(one)) for one in values]
    if operator == "to":
        (low, lowest), (high, highest) = bounds
        inside = lowest is not None and highest is not None and any(lowest <= one <= highest for one in numbers)
        return inside or any(low <= one <= high for one in texts)
    limit, number = bounds[0]
    return any(_compares(one, operator, limit) for one in texts) or (
        number is not None and any(_compares(one, operator, number) for one in numbers)
    )


def _compares(one: Any, operator: str, other: Any) -> bool:
    return bool({">": one > other, ">=": one >= other, "<": one < other, "<=": one <= other}[operator])


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _metres(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    north, other = math.radians(latitude), math.radians(other_latitude)
    half = math.sin((other - north) / 2) ** 2
    half += math.cos(north) * math.cos(other) * math.sin(math.radians(other_longitude - longitude) / 2) ** 2
    return 2 * 6_371_000 * math.asin(math.sqrt(min(1.0, half)))
