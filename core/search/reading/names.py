"""Find the names of the stock in a search: as typed, in another spelling, joined or split, in the plural, misspelt."""

from collections.abc import Iterator
from dataclasses import dataclass

from core.search.reading.lexicon import Lexicon
from core.search.reading.quantities import phrase_at
from core.search.reading.stock_models import Phrase
from core.search.reading.tokens import Token
from core.search.reading.vocabulary import Name, NameKind, StockVocabulary
from core.search.words.folding import words
from core.search.words.letters import names_something
from core.search.words.query_terms import synonyms

_MOST_JOINED = 4  # tokens that together are one name: "h r v", "land cruiser prado"
_LONGEST_SPELLING = 5
_SHORTEST_TRIM = 2  # "i" is much rather a person than that of i-VTEC


@dataclass(frozen=True)
class Found:
    """A name, and how many tokens it takes."""

    name: Name
    size: int
    exact: bool = True  # typed as the stock has it


class NameFinder:
    """Finds names in one search."""

    def __init__(self, tokens: list[Token], vocabulary: StockVocabulary, known: Lexicon) -> None:
        self._stock = vocabulary
        self._lexicon = known
        self._tokens = tokens
        self.corrected: dict[int, str] = {}
        self._texts = [token.text for token in tokens]
        self._spell()
        self._spell_trims()

    def at(self, at: int, make: str | None) -> Found | None:
        """Return the longest name that begins at a token; `make` is what was read just before it."""
        for size in range(min(max(self._stock.longest, _LONGEST_SPELLING), len(self._texts) - at), 0, -1):
            typed = tuple(self._texts[at : at + size])
            for phrase in self._phrases(typed):
                name = self._stock.names.get(phrase)
                if name is not None and self._means(phrase, name, make):
                    return Found(name, size, exact=at not in self.corrected)
        return None

    def is_model_of(self, at: int, make: str | None) -> bool:
        """Tell whether a model of the make that was read just before begins at a token."""
        found = self.at(at, make) if make is not None else None
        return found is not None and found.name.make == make

    def ends_or_begins(self, at: int) -> bool:
        """Tell whether the text ends at a token, or a name or a phrase of the lexicon begins there."""
        if at == len(self._tokens) or self.at(at, None) is not None:
            return True
        return phrase_at(self._tokens, at, self._lexicon.meanings) is not None

    def is_part_of_name(self, at: int) -> bool:
        """Tell whether a word that asks for nothing elsewhere is a part of a car's name: "a class", "civic rs"."""
        if names_something([token.text for token in self._tokens], at):
            return True
        text, beside = self._texts[at], (*self._tokens[max(at - 1, 0) : at], *self._tokens[at + 1 : at + 2])
        if len(text) < _SHORTEST_TRIM or any(one.is_number or (one.text,) in self._lexicon.amounts for one in beside):
            return False  # "civic rs 2500000", "25 lac rs"
        starts = [(start, start + size) for start in range(at) for size in range(1, _MOST_JOINED + 1)]
        named = (" ".join(self._texts[start : min(stop, at)]) for start, stop in starts)
        return any(text in self._stock.trims_of.get(model, ()) for model in named)

    def words_of(self, at: int) -> Phrase:
        """Return what the engine should look for in place of a token: "i" and "vtec" for "ivtec"."""
        text = self._texts[at]
        if text not in self._stock.words and (parts := self._stock.joined.get(text)) is not None:
            return parts
        return (text,)

    def _phrases(self, typed: Phrase) -> Iterator[Phrase]:
        yield typed
        yield from synonyms().get(typed, ())
        if len(typed) <= _MOST_JOINED and not all(part.isdigit() for part in typed):
            whole = self._stock.joined.get("".join(typed))
            if whole is not None:
                yield whole

    def _means(self, phrase: Phrase, name: Name, make: str | None) -> bool:
        """Tell whether words that name something are meant so: digits alone and single letters need their make."""
        if all(part.isdigit() or len(part) == 1 for part in phrase) and "".join(phrase).isdigit() | (len(phrase) == 1):
            return make is not None and name.make == make
        return not (name.family and len(phrase) == 1 and phrase[0] in self._lexicon.words)

    def _spell(self) -> None:
        """Put the words of names in place of misspelt ones and plurals."""
        make: str | None = None
        model: str | None = None
        for at, text in enumerate(self._texts):
            model = self._model_of(self._texts[at - 1]) or model if at else None
            if self._is_known(text):
                named = self._stock.names.get((text,)) or next(
                    (self._stock.names[one] for one in synonyms().get((text,), ()) if one in self._stock.names), None
                )
                make = text_of(named) if named is not None and named.kind is NameKind.MAKE else make
                continue
            better = None if model is None else self._stock.correct_trim(text, model)
            if better is not None:
                pass  # "corolla alts" is about a trim, not an Alto
            elif text.endswith("s") and text[:-1] in self._stock.words:
                better = text[:-1]
            else:
                better = self._stock.correct(text, beside=self._beside(at), make=make)
                better = better if better is None or self._may_be_meant(better, at) else None
            if better is not None:
                self.corrected[at] = better
                self._texts[at] = better

    def _may_be_meant(self, better: str, at: int) -> bool:
        """Tell whether a misspelt word may be a name beside the models that are spelled right: "civic plates" is none.

        It may be a place, the make of one of them, a part of a longer name, or another model where the search has "or".
        """
        named = self._stock.names.get((better,))
        exact = [name for text in self._texts if (name := self._model_named(text)) is not None]
        if not exact or (named is not None and named.kind is NameKind.CITY):
            return True
        if any((text,) in self._lexicon.denials["joins"] for text in self._texts):
            return True
        is_make = named is not None and text_of(named) in {one.make for one in exact}
        return is_make or bool(self._beside(at) & self._stock.together(better))

    def _model_named(self, text: str) -> Name | None:
        """Return the model that a word alone names; digits, short words and those of ads may mean something else."""
        name = self._model_at(text) if text.isalpha() and len(text) > _SHORTEST_TRIM else None
        means_nothing = (text,) in self._lexicon.fillers or (text,) in self._lexicon.notes
        return None if name is None or name.family or means_nothing else name

    def _model_of(self, text: str) -> str | None:
        named = self._model_at(text)
        return None if named is None else " ".join(words(named.values[0]))

    def _model_at(self, text: str) -> Name | None:
        named = self._stock.names.get((text,))
        return named if named is not None and named.kind is NameKind.MODEL else None

    def _spell_trims(self) -> None:
        """Put a trim of the model that is named in place of a word that nothing has: "corolla xly"."""
        unknown = [at for at, text in enumerate(self._texts) if text.isalpha() and not self._is_known(text)]
        named = [found.name for at in range(len(self._texts)) if unknown and (found := self.at(at, None)) is not None]
        models = [" ".join(words(name.values[0])) for name in named if name.kind is NameKind.MODEL]
        for at in unknown if models else ():
            better = self._stock.correct_trim(self._texts[at], models[0])
            if better is not None:
                self.corrected[at] = self._texts[at] = better

    def _beside(self, at: int) -> frozenset[str]:
        return frozenset((*self._texts[max(at - 1, 0) : at], *self._texts[at + 1 : at + 2]))

    def _is_known(self, text: str) -> bool:
        return (
            len(text) < 3
            or text in self._stock.words
            or text in self._lexicon.words
            or text in self._stock.joined
            or (text,) in synonyms()
            or text[0].isdigit()
        )


def text_of(name: Name) -> str:
    """Return a make's folded words."""
    return make_words(name.values[0])


def make_words(make: str) -> str:
    """Return the folded words of a make as it is spelled."""
    return " ".join(make.lower().replace("-", " ").split())
