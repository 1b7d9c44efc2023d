"""One index: documents by id, settings, and the answers to searches over them."""

import time
from collections import Counter
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

from tests.meilisearch_server.documents import Stored, check_attributes, meets, normal
from tests.meilisearch_server.grammar import All, FilterError, Some, parse
from tests.meilisearch_server.problems import ProblemError
from tests.meilisearch_server.settings import DEFAULTS, features
from tests.meilisearch_server.words import allowed, distances, found_in

_PARAMETERS = {
    "indexUid", "q", "filter", "sort", "limit", "offset", "page", "hitsPerPage", "facets", "attributesToRetrieve",
    "matchingStrategy", "attributesToSearchOn", "showMatchesPosition", "attributesToHighlight", "locales",
}  # fmt: skip


def now() -> str:
    return datetime.fromtimestamp(time.time(), UTC).isoformat().replace("+00:00", "Z")


class Index:
    """The documents and settings of one index."""

    def __init__(self, primary_key: str | None = None) -> None:
        self.primary_key = primary_key
        self.settings: dict[str, Any] = deepcopy(DEFAULTS)
        self.documents: dict[str, Stored] = {}
        self.created_at = self.updated_at = now()

    def search(self, asked: dict[str, Any], extra: Any = None) -> dict[str, Any]:
        """The answer to a search; `extra` is the filter of a tenant token."""
        if unknown := set(asked) - _PARAMETERS:
            raise ProblemError("bad_request", f"Unknown field `{min(unknown)}`.")
        found = self._candidates(asked, extra)
        for order in reversed(asked.get("sort") or []):
            found = self._sorted(found, order)
        answer: dict[str, Any] = {"query": asked.get("q") or "", "processingTimeMs": 0}
        most = self.settings["pagination"]["maxTotalHits"]
        if "page" in asked or "hitsPerPage" in asked:
            page, size = asked.get("page", 1), asked.get("hitsPerPage", 20)
            total, start = min(len(found), most), (page - 1) * size
            answer |= {"page": page, "hitsPerPage": size, "totalHits": total, "totalPages": -(-total // max(size, 1))}
        else:
            start, size = asked.get("offset", 0), asked.get("limit", 20)
            answer |= {"offset": start, "limit": size, "estimatedTotalHits": min(len(found), most)}
        hits = found[:most][start : start + size]
        answer["hits"] = [self._shown(one, asked.get("attributesToRetrieve")) for one in hits]
        if asked.get("facets"):
            answer["facetDistribution"] = self._facets(found, asked["facets"])
            numbers = {name: [n for one in found for n in one.numbers.get(name, ())] for name in asked["facets"]}
            answer["facetStats"] = {name: {"min": min(n), "max": max(n)} for name, n in numbers.items() if n}
        return answer

    def facet_search(self, asked: dict[str, Any], extra: Any = None) -> dict[str, Any]:
        """Values of a facet that begin, typos forgiven, with the query."""
        name, query = asked.get("facetName"), asked.get("facetQuery")
        if not name:
            raise ProblemError("missing_facet_search_facet_name", "Missing field `facetName`.")
        rule = features(self.settings, name)
        if rule is None or not rule.search:
            note = "" if rule is None else (
                f" Note: this attribute matches rule #{rule.number} in filterableAttributes, but this rule does not"
                " enable facetSearch."
            )  # fmt: skip
            raise ProblemError("invalid_facet_search_facet_name", f"Attribute `{name}` is not facet-searchable.{note}")
        counts, spelling = self._counted(self._candidates(asked, extra), name)
        if query:
            typed = normal(query)
            typos = allowed(typed, self.settings["typoTolerance"])
            counts = Counter({one: n for one, n in counts.items() if distances(typed, one)[1] <= typos})
        hits = [{"value": spelling[one], "count": number} for one, number in self._ordered(name, counts)]
        return {"facetHits": hits, "facetQuery": query, "processingTimeMs": 0}

    def _candidates(self, asked: dict[str, Any], extra: Any) -> list[Stored]:
        trees = [self._read(one) for one in (extra, asked.get("filter"))]
        found = [one for one in self.documents.values() if all(tree is None or meets(one, tree) for tree in trees)]
        if query := (asked.get("q") or "").strip():
            found = [one for one in found if found_in(query, self._texts(one), self.settings)]
        return found

    def _read(self, given: Any) -> Any:
        try:
            tree = read_filter(given)
        except FilterError as error:
            raise ProblemError("invalid_search_filter", str(error)) from error
        check_attributes(tree, self.settings)
        return tree

    def _texts(self, stored: Stored) -> list[str]:
        names = self.settings["searchableAttributes"]
        return [
            str(one)
            for name, value in stored.document.items()
            if "*" in names or name in names
            for one in (value if isinstance(value, list) else [value])
        ]

    def _sorted(self, found: list[Stored], order: str) -> list[Stored]:
        name, _, direction = order.rpartition(":")
        if name not in self.settings["sortableAttributes"]:
            sortable = ", ".join(sorted(self.settings["sortableAttributes"]))
            raise ProblemError(
                "invalid_search_sort",
                f"Attribute `{name}` is not sortable. Available sortable attributes are: `{sortable}`.",
                of_index=True,
            )
        if direction not in ("asc", "desc"):
            raise ProblemError("invalid_search_sort", f"Invalid syntax for the sort parameter: `{order}`.")
        if "sort" not in self.settings["rankingRules"]:
            raise ProblemError(
                "invalid_search_sort", "You must specify where `sort` is listed in the rankingRules setting."
            )
        keyed = [(one.sort_value(name, direction == "asc"), one) for one in found]
        there = sorted((pair for pair in keyed if pair[0] is not None), key=lambda pair: pair[0],
                       reverse=direction == "desc")  # fmt: skip
        return [one for _, one in there] + [one for value, one in keyed if value is None]

    def _shown(self, stored: Stored, asked: list[str] | None) -> dict[str, Any]:
        names = self.settings["displayedAttributes"]
        return {
            name: value
            for name, value in stored.document.items()
            if ("*" in names or name in names) and (asked is None or "*" in asked or name in asked)
        }

    def _facets(self, found: list[Stored], names: list[str]) -> dict[str, dict[str, int]]:
        distribution = {}
        for name in names:
            if features(self.settings, name) is None:
                raise ProblemError(
                    "invalid_search_facets", f"Invalid facet distribution: attribute `{name}` is unknown."
                )
            counts, spelling = self._counted(found, name)
            distribution[name] = {spelling[one]: number for one, number in self._ordered(name, counts)}
        return distribution

    def _ordered(self, name: str, counts: Counter[str]) -> list[tuple[str, int]]:
        faceting = self.settings["faceting"]
        by = faceting["sortFacetValuesBy"].get(name, faceting["sortFacetValuesBy"].get("*", "alpha"))
        pairs = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]) if by == "count" else (0, pair[0]))
        return pairs[: faceting["maxValuesPerFacet"]]

    @staticmethod
    def _counted(found: list[Stored], name: str) -> tuple[Counter[str], dict[str, str]]:
        counts: Counter[str] = Counter()
        spelling: dict[str, str] = {}
        for one in found:
            values = dict(one.texts.get(name, {}))
            values |= {text: text for text in map(_number_text, one.numbers.get(name, ()))}
            counts.update(values.keys())
            for value, spelt in values.items():
                spelling.setdefault(value, spelt)
        return counts, spelling


def _number_text(number: float) -> str:
    return str(int(number)) if number.is_integer() else repr(number)


def read_filter(given: Any) -> Any:
    """A filter parameter: a text, or a list of texts and lists of texts (and of ors)."""
    if given is None or isinstance(given, str):
        return parse(given) if given else None
    if not isinstance(given, list):
        raise FilterError("Invalid syntax for the filter parameter: `expected String, Array`.")
    parts = []
    for one in given:
        if isinstance(one, list):
            if not all(isinstance(text, str) for text in one):
                raise FilterError("Invalid syntax for the filter parameter: `expected String`.")
            parts.append(Some(tuple(tree for text in one if (tree := parse(text)) is not None)))
        elif isinstance(one, str):
            parts.append(parse(one))
        else:
            raise FilterError("Invalid syntax for the filter parameter: `expected String, [String]`.")
    kept = tuple(part for part in parts if part is not None)
    return All(kept) if kept else None
