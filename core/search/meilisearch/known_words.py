"""Keep the words of one index in the process: read whole once, then told by the searches what was added."""

from collections.abc import Sequence
from typing import Any

from core.search.meilisearch.client import MeilisearchServer
from core.search.meilisearch.errors import no_index
from core.search.meilisearch.schema import ABOUT
from core.search.meilisearch.spelling import Spelling


class KnownWords:
    """The words of the index of this name; safe to use from many threads, which at worst read them twice."""

    def __init__(self, server: MeilisearchServer, name: str) -> None:
        self._server = server
        self._name = name
        self._spelling: Spelling | None = None

    def alike(self, typed: str, typos: int) -> list[str]:
        """Return the words within so many typos, in the order of the alphabet.

        Raises:
            RetryableError: `search_unavailable` where there is no index.
        """
        return self._known().alike(typed, typos)

    def learn(self, about: Sequence[dict[str, Any]]) -> bool:
        """Take in what the document about the index, if it was found, says was added; tell whether that is anything."""
        known = self._known()
        if not about or known.is_of(about[0]):
            return False
        self._spelling = known.with_last(about[0])  # None: they are read whole when they are needed
        return True

    def _known(self) -> Spelling:
        known = self._spelling
        if known is None:
            about = self._server.document(self._name, ABOUT)
            if about is None:
                raise no_index()
            known = self._spelling = Spelling.of(about)
        return known
