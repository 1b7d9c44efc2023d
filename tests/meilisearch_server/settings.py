"""An index's settings: their defaults, what the settings route takes, and which attributes may do what."""

from copy import deepcopy
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from tests.meilisearch_server.problems import ProblemError

DEFAULTS: dict[str, Any] = {
    "displayedAttributes": ["*"],
    "searchableAttributes": ["*"],
    "filterableAttributes": [],
    "sortableAttributes": [],
    "rankingRules": ["words", "typo", "proximity", "attribute", "sort", "exactness"],
    "stopWords": [],
    "nonSeparatorTokens": [],
    "separatorTokens": [],
    "dictionary": [],
    "synonyms": {},
    "distinctAttribute": None,
    "proximityPrecision": "byWord",
    "typoTolerance": {
        "enabled": True,
        "minWordSizeForTypos": {"oneTypo": 5, "twoTypos": 9},
        "disableOnWords": [],
        "disableOnAttributes": [],
        "disableOnNumbers": False,
    },
    "faceting": {"maxValuesPerFacet": 100, "sortFacetValuesBy": {"*": "alpha"}},
    "pagination": {"maxTotalHits": 1000},
    "embedders": {},
    "searchCutoffMs": None,
    "localizedAttributes": None,
    "facetSearch": True,
    "prefixSearch": "indexingTime",
}
_RULES = {"words", "typo", "proximity", "attribute", "attributeRank", "wordPosition", "sort", "exactness"}


def merged(present: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    """The settings after a PATCH; objects are merged, anything else is replaced."""
    result = deepcopy(present)
    for name, value in change.items():
        if isinstance(value, dict) and isinstance(result[name], dict) and name != "synonyms":
            result[name] = merged(result[name], value) if set(value) <= set(result[name]) else value
        else:
            result[name] = deepcopy(value)
    return result


def check(change: Any) -> None:
    """Refuse what Meilisearch refuses when the settings come."""
    if not isinstance(change, dict):
        raise ProblemError("bad_request", "Invalid value type: expected an object.")
    for name in change:
        if name not in DEFAULTS:
            raise ProblemError("bad_request", f"Unknown field `{name}`.")
    for number, rule in enumerate(change.get("rankingRules", [])):
        if rule not in _RULES and not rule.endswith((":asc", ":desc")):
            raise ProblemError(
                "invalid_settings_ranking_rules",
                f"Invalid value at `.rankingRules[{number}]`: `{rule}` ranking rule is invalid. Valid ranking rules are"
                " words, typo, sort, proximity, attribute, exactness and custom ranking rules.",
            )
    for rule in change.get("filterableAttributes", []):
        if not isinstance(rule, str) and set(rule) - {"attributePatterns", "features"}:
            raise ProblemError("invalid_settings_filterable_attributes", f"Unknown field in `{rule}`.")
    sizes = change.get("typoTolerance", {}).get("minWordSizeForTypos", {})
    if sizes and not 0 <= sizes.get("oneTypo", 5) <= sizes.get("twoTypos", 9) <= 255:
        raise ProblemError("invalid_settings_typo_tolerance", "`minWordSizeForTypos` is invalid.")


class Features(NamedTuple):
    """The operations on an attribute allowed in filters and facets, and the number of the rule that allows them."""

    number: int
    search: bool = True
    equality: bool = True
    comparison: bool = True


def features(settings: dict[str, Any], attribute: str) -> Features | None:
    """The first rule that names the attribute; None where nothing may be done."""
    for number, rule in enumerate(settings["filterableAttributes"]):
        if isinstance(rule, str):
            if rule == attribute or attribute.startswith(rule + "."):
                return Features(number)
        elif any(fnmatchcase(attribute, pattern) for pattern in rule["attributePatterns"]):
            given = rule.get("features", {})
            allowed = given.get("filter", {"equality": True, "comparison": False})
            return Features(number, given.get("facetSearch", False), allowed["equality"], allowed["comparison"])
    return None


def filterable(settings: dict[str, Any]) -> str:
    """The patterns of the filterable attributes, as error messages list them."""
    rules = settings["filterableAttributes"]
    patterns = {one for rule in rules for one in ([rule] if isinstance(rule, str) else rule["attributePatterns"])}
    return ", ".join(f"`{pattern}`" for pattern in sorted(patterns))
