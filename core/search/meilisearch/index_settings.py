"""Set an index up before its first document, and check that it still is.

The rules of our own searches are in the filters that we send. These settings make them possible, and they rule what
apps with a token of their own find by `q`: words of the title weigh most, exact before typo, and no typo in numbers.
"""

from collections.abc import Iterable
from typing import Any

from core.search.filters import NumberField, TermField
from core.search.meilisearch.schema import (
    FRESH,
    GENERATION,
    ID,
    PHOTOS,
    PLACE,
    PREVIOUS,
    RANK,
    TITLE,
    WORDS,
    facet_name,
    number_name,
    suggestion_name,
    term_name,
)
from core.search.meilisearch.spelling import ABOUT_SPELLING
from core.search.query import Facet
from core.search.words.query_terms import stop_words, synonyms
from core.search.words.typeahead import SuggestionKind

OLDEST_VERSION = (1, 18)
"""Compares strings and disables typos on numbers (1.15), and `STARTS WITH` is stable."""

_SORTED = (NumberField.YEAR, NumberField.PRICE, NumberField.MILEAGE)
MOST_VALUES = 20_000
"""Values that one facet counts: all of them, so that what we show of it is cut by our own rule."""


_ORDERED = ("searchableAttributes", "rankingRules")


def index_settings() -> dict[str, Any]:
    """Return all settings, in the shape of Meilisearch's settings route.

    Each attribute that is sorted, searched or counted costs every change of a listing, so there is none that no caller
    uses: no `_geo` (a distance goes by places), no values to search facets by, pairs of words by attribute alone.
    """
    equality = {"equality": True, "comparison": False}
    counted = [facet_name(facet) for facet in Facet] + [suggestion_name(kind) for kind in SuggestionKind]
    plain = [PLACE, WORDS, *(term_name(field) for field in TermField), *counted]
    ranges = [ID, FRESH, RANK, PHOTOS, *(number_name(field) for field in NumberField)]
    return {
        "searchableAttributes": [TITLE],
        "displayedAttributes": _displayed(),
        "filterableAttributes": [
            _rule(plain, operators=equality),
            _rule(ranges, operators={"equality": True, "comparison": True}),
        ],
        "sortableAttributes": sorted([ID, FRESH, RANK, PHOTOS, *(number_name(field) for field in _SORTED)]),
        "rankingRules": ["sort", "words", "typo", "attribute", "proximity", "exactness", f"{FRESH}:desc"],
        "proximityPrecision": "byAttribute",
        "facetSearch": False,
        "stopWords": sorted(stop_words()),
        "synonyms": {
            " ".join(spelling): sorted(" ".join(meant) for meant in meanings)
            for spelling, meanings in synonyms().items()
        },
        "typoTolerance": {
            "enabled": True,
            "minWordSizeForTypos": {"oneTypo": 4, "twoTypos": 8},
            "disableOnNumbers": True,
        },
        "pagination": {"maxTotalHits": 10_000_000},
        "faceting": {"maxValuesPerFacet": MOST_VALUES, "sortFacetValuesBy": {"*": "count"}},
    }


def settings_problems(stored: dict[str, Any]) -> list[str]:
    """List how stored settings differ from `index_settings`, a sentence each; settings that it leaves out are free."""
    return [
        f"The setting {name} is not as it should be."
        for name, wanted in index_settings().items()
        if not _same(stored.get(name), wanted, ordered=name in _ORDERED)
    ]


def version_problems(version: str) -> list[str]:
    """List why the server's version will not do: one sentence, or none."""
    numbers = tuple(int(part) for part in version.split("-")[0].split(".")[:2] if part.isdigit())
    if numbers >= OLDEST_VERSION:
        return []
    oldest = ".".join(map(str, OLDEST_VERSION))
    return [f"Meilisearch is version {version}: the platform needs {oldest} or newer."]


def _rule(attributes: Iterable[str], *, operators: dict[str, bool]) -> dict[str, Any]:
    return {"attributePatterns": list(attributes), "features": {"facetSearch": False, "filter": operators}}


def _displayed() -> list[str]:
    named = [facet_name(facet) for facet in Facet]
    about = [GENERATION, PREVIOUS, *ABOUT_SPELLING]  # of the document about the index: what is hidden cannot be read
    return [ID, TITLE, *named, *(number_name(field) for field in NumberField), PLACE, FRESH, RANK, PHOTOS, *about]


def _same(stored: object, wanted: object, *, ordered: bool = False) -> bool:
    """Compare settings by meaning: the server adds defaults to objects, and orders sets its own way."""
    if isinstance(wanted, dict) and isinstance(stored, dict):
        return all(_same(stored.get(name), value) for name, value in wanted.items())
    if isinstance(wanted, list) and isinstance(stored, list) and not ordered:
        return len(wanted) == len(stored) and all(any(_same(one, other) for other in stored) for one in wanted)
    return bool(wanted == stored)
