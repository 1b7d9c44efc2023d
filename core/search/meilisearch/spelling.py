"""Know the words of an index that a misspelt word may stand for, so that a search need not ask for them.

The document about the index (`core.search.meilisearch.schema.ABOUT`) lists them. Who fills the index adds the words of
new listings in the same task as the listings; nobody takes any out, and a word that no listing has any more finds
nothing. Each search reads the list's length and its end beside its hits, and so learns what was added since.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import tantivy

from core.search.meilisearch.schema import GENERATION
from core.search.words.fuzzy_match import within_typos

SPELT, SPELT_COUNT, SPELT_LAST = "spelt", "spelt_count", "spelt_last"
ABOUT_SPELLING: Final = (SPELT, SPELT_COUNT, SPELT_LAST)
_LAST = 200  # words that every search reads
_LOOKED_AT = 500  # words that are compared one by one, in about 1 ms; more are indexed, 50,000 of them in 0.35 s
_MOST_ALIKE = 10_000
_KEPT_ANSWERS = 4_096
_FIELD = "word"
_HEAP_BYTES = 15_000_000


def spelling_of(words: list[str]) -> dict[str, Any]:
    """Return the attributes of the document about an index with these words, the newest last."""
    return {SPELT: words, SPELT_COUNT: len(words), SPELT_LAST: words[-_LAST:]}


@dataclass
class Spelling:
    """The words of one index, by its generation; the newest last."""

    generation: str
    words: list[str]
    _indexed: tantivy.Index | None = field(default=None, init=False, repr=False)
    _alike: dict[tuple[str, int], list[str]] = field(default_factory=dict, init=False, repr=False)
    _count_indexed: int = field(default=0, init=False, repr=False)

    @classmethod
    def of(cls, about: Mapping[str, Any]) -> "Spelling":
        """Read the document about an index."""
        return cls(str(about[GENERATION]), list(about.get(SPELT, ())))

    def alike(self, typed: str, typos: int) -> list[str]:
        """Return the words within so many typos, in the order of the alphabet."""
        known = self._alike.get((typed, typos))
        if known is None:
            if len(self._alike) >= _KEPT_ANSWERS:
                self._alike.clear()
            known = sorted({word for word in self._candidates(typed, typos) if within_typos(typed, word, typos)})
            self._alike[typed, typos] = known
        return known

    def is_of(self, told: Mapping[str, Any]) -> bool:
        """Tell whether these are the words that the document about the index counts."""
        return told.get(GENERATION) == self.generation and told.get(SPELT_COUNT) == len(self.words)

    def with_last(self, told: Mapping[str, Any]) -> "Spelling | None":
        """Return the words with those added since; None where they cannot be told from the end of the list."""
        last, missing = list(told.get(SPELT_LAST, ())), int(told.get(SPELT_COUNT, 0)) - len(self.words)
        if told.get(GENERATION) != self.generation or not 0 < missing <= len(last):
            return None
        longer = Spelling(self.generation, self.words + last[-missing:])
        if len(longer.words) - self._count_indexed <= _LOOKED_AT:
            longer._indexed, longer._count_indexed = self._indexed, self._count_indexed
        return longer

    def _candidates(self, typed: str, typos: int) -> Iterable[str]:
        if len(self.words) - self._count_indexed > _LOOKED_AT:
            self._indexed, self._count_indexed = _index(self.words), len(self.words)
        yield from self.words[self._count_indexed :]
        if self._indexed is None:
            return
        searcher = self._indexed.searcher()
        query = tantivy.Query.fuzzy_term_query(self._indexed.schema, _FIELD, typed, typos)
        for _, address in searcher.search(query, _MOST_ALIKE).hits:
            yield str(searcher.doc(address)[_FIELD][0])


def _index(words: list[str]) -> tantivy.Index:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field(_FIELD, stored=True, tokenizer_name="raw", index_option="basic")
    index = tantivy.Index(builder.build())
    writer = index.writer(_HEAP_BYTES, 1)
    for word in words:
        writer.add_document(tantivy.Document(**{_FIELD: word}))
    writer.commit()
    index.reload()
    return index
