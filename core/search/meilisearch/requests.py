"""Write the searches of a multi-search: counts, and what the document about the index says."""

from collections.abc import Sequence
from typing import Any

from core.search.meilisearch.expressions import is_any
from core.search.meilisearch.schema import ABOUT, GENERATION, ID
from core.search.meilisearch.spelling import SPELT_COUNT, SPELT_LAST


def counting(expressions: Sequence[str], facets: Sequence[str]) -> dict[str, Any]:
    """Return the search that counts what meets the expressions, of which the audience's is the first."""
    search: dict[str, Any] = {"q": "", "filter": list(expressions), "facets": list(facets)}
    return search | {"page": 1, "hitsPerPage": 1, "attributesToRetrieve": [ID]}


def about_words() -> dict[str, Any]:
    """Return the search for the generation of the index and the words that were added last."""
    told = [GENERATION, SPELT_COUNT, SPELT_LAST]
    return {"q": "", "filter": [is_any(ID, [ABOUT])], "limit": 1, "attributesToRetrieve": told}
