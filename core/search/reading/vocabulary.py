"""Learn the names of the stock: makes, models and cities, their words, and how they are joined and split.

It is made of the names that typeahead counts for an audience, so a search is read by what that audience may see.
"""

from collections import Counter
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from enum import StrEnum
from weakref import WeakKeyDictionary

from core.search.reading.deletions import deletion_index, deletions
from core.search.reading.sounds import sound_of
from core.search.reading.stock_models import (
    FAMILY_WORD,
    Phrase,
    StockModel,
    family_words,
    make_of,
    models_by_words,
)
from core.search.words.folding import allowed_typos, words
from core.search.words.fuzzy_match import within_typos
from core.search.words.typeahead import SuggestIndex, Suggestion, SuggestionKind

_DOMINANT = 0.9  # share of the cars with a trim word that one model has, to be what the word means
_NO_NAMES = {("other",), ("others",), ("unknown",)}  # forms have them for models that are in no list
_SELDOM = 5  # a trim word that so many times more cars have is no model of that name


class NameKind(StrEnum):
    """The kind of thing that a name of the stock names."""

    MAKE = "make"
    MODEL = "model"
    CITY = "city"


@dataclass(frozen=True)
class Name:
    """The values that words name: one, or several of a family ("yaris"), and the words that they are written with."""

    kind: NameKind
    values: tuple[str, ...]
    count: int
    make: str | None = None  # of a model that only one make has
    family: bool = False  # the words are a part of the names alone


class StockVocabulary:
    """The names that one audience sees at one moment."""

    def __init__(self, names: Iterable[Suggestion]) -> None:
        listed = list(names)
        self.names: dict[Phrase, Name] = {}
        self.trims: Counter[str] = Counter()
        self.joined: dict[str, Phrase] = {}
        self.model_of_trim: dict[str, str] = {}
        self.trims_of: dict[str, Counter[str]] = {}  # by a model's words
        self.models_of: dict[str, list[str]] = {}
        makes = {tuple(words(one.value)): one for one in listed if one.kind is SuggestionKind.MAKE}
        models = models_by_words(listed, makes)
        self._learn_trims(listed, makes, models)
        self._learn_names(makes, models, listed)
        self._learn_joined(listed)
        self.longest = max((len(phrase) for phrase in self.names), default=0)
        self.words = frozenset(word for phrase in self.names for word in phrase) | self.trims.keys()
        self._index()

    def correct(self, typed: str, *, beside: frozenset[str] = frozenset(), make: str | None = None) -> str | None:
        """Return the word of a name that a misspelt word stands for; None where none is near enough.

        A word that is a part of names alone is meant only where another word of them stands `beside` it ("land
        cruser"). A word of a model of `make`, if given, may be further away: the make has said what to look for.
        """
        if make is not None and (near := self._of_make(typed, make)) is not None:
            return near
        typos = allowed_typos(typed)
        if not typos:
            return None
        best: tuple[int, bool, int, str] | None = None
        for shorter in deletions(typed, typos):
            for word in self._near.get(shorter, ()):
                if word not in self._whole and not beside & self._together[word]:
                    continue
                distance = 1 if within_typos(typed, word, 1) else 2
                first = typed[0] == word[0]
                if (distance > 1 and (typos < 2 or not within_typos(typed, word, 2))) or not (first or len(typed) > 4):
                    continue
                rank = (distance, not first, -self._weight[word], word)
                best = rank if best is None or rank < best else best
        if best is not None:
            return best[3]
        sound = sound_of(typed)
        return self._sounds.get(sound) if len(sound.replace("a", "")) > 2 else None

    def together(self, word: str) -> AbstractSet[str]:
        """Return the words of all names of which a word is a part."""
        return self._together.get(word, frozenset())

    def correct_trim(self, typed: str, model: str) -> str | None:
        """Return the trim word of a model that an unknown word stands for: one slip away, or of the same sound."""
        found = [
            word
            for word in self.trims_of.get(model, ())
            if word.isalpha()
            and len(word) > 2
            and word[0] == typed[0]
            and (within_typos(typed, word, 1) or (len(typed) > 3 and sound_of(word) == sound_of(typed)))
        ]
        return max(found, key=lambda word: (self.trims_of[model][word], word), default=None)

    def is_named(self, phrase: Phrase) -> bool:
        """Tell whether the words are a make and a model of it, one after the other."""
        return any(
            phrase[:size] in self.names
            and phrase[size:] in self.names
            and self.names[phrase[:size]].kind is NameKind.MAKE
            for size in range(1, len(phrase))
        )

    def _of_make(self, typed: str, make: str) -> str | None:
        known = [word for word in self.models_of.get(make, ()) if not word.isdigit() and len(word) > 2]
        close = [word for word in known if len(typed) > 4 and within_typos(typed, word, 2)]
        alike = [word for word in known if sound_of(word) == sound_of(typed)]
        found = [word for word in close if word in alike] or alike or close
        return max(found, key=lambda word: self._weight.get(word, 0)) if found else None

    def _learn_trims(
        self, listed: list[Suggestion], makes: dict[Phrase, Suggestion], models: dict[Phrase, list[StockModel]]
    ) -> None:
        owners: dict[str, Counter[str]] = {}
        for one in listed:
            if one.kind is not SuggestionKind.VARIANT:
                continue
            phrase = tuple(words(one.value))
            rest = phrase[len(make_of(phrase, makes) or ()) :]
            size = next((size for size in range(len(rest), 0, -1) if rest[:size] in models), 0)
            for word in set(rest[size:]):
                self.trims[word] += one.count
                owners.setdefault(word, Counter())[" ".join(rest[:size])] += one.count
        for word, counted in owners.items():
            for owner, cars in counted.items():
                self.trims_of.setdefault(owner, Counter())[word] = cars
            model, count = counted.most_common(1)[0]
            if len(word) > FAMILY_WORD and word.isalpha() and count >= _DOMINANT * counted.total():
                self.model_of_trim[word] = model

    def _learn_names(
        self, makes: dict[Phrase, Suggestion], models: dict[Phrase, list[StockModel]], listed: list[Suggestion]
    ) -> None:
        families: dict[Phrase, list[StockModel]] = {}
        for phrase, of_makes in models.items():
            if phrase in _NO_NAMES:
                continue
            if len(phrase) == 1 and self.trims[phrase[0]] > _SELDOM * sum(one.cars for one in of_makes):
                continue
            self.names[phrase] = _named(of_makes)
            for owner in of_makes:
                self.models_of.setdefault(owner.make, []).extend(phrase)
            for part in family_words(phrase):
                families.setdefault(part, []).extend(of_makes)
        for one in listed:
            if one.kind is SuggestionKind.CITY:
                self.names.setdefault(tuple(words(one.value)), Name(NameKind.CITY, (one.value,), one.count))
        for phrase, one in makes.items():
            if phrase not in self.names or self.names[phrase].count < one.count:
                self.names[phrase] = Name(NameKind.MAKE, (one.value,), one.count)
        self._learn_families(families)

    def _learn_families(self, families: dict[Phrase, list[StockModel]]) -> None:
        for part, members in families.items():
            named = self.names.get(part)
            if named is not None and named.kind is NameKind.MODEL and len(part) == 1:
                # One vehicle that two makes sell: "Shehzore", and "Shehzore K2700" of another make.
                others = [one for one in members if one.make != named.make and words(one.spelling)[0] == part[0]]
                values = (*named.values, *(one.spelling for one in others if one.spelling not in named.values))
                self.names[part] = replace(named, values=values) if others and named.make else named
            elif named is None and (part[0] not in self.trims or len(part) > 1):
                self.names[part] = _named(members, family=True)

    def _learn_joined(self, listed: list[Suggestion]) -> None:
        for phrase in sorted(self.names, key=lambda one: (len(one), one)):
            self.joined.setdefault("".join(phrase), phrase)
        for one in listed:
            if one.kind is SuggestionKind.MODEL:
                phrase = tuple(words(one.value))
                self.joined.setdefault("".join(phrase), phrase)
            elif one.kind is SuggestionKind.VARIANT:
                for chunk in one.value.split():
                    parts = tuple(words(chunk))
                    if len(parts) > 1 and any(part.isalpha() for part in parts):
                        self.joined.setdefault("".join(parts), parts)

    def _index(self) -> None:
        self._weight: Counter[str] = Counter()
        for phrase, name in self.names.items():
            for word in {*phrase, "".join(phrase)}:
                self._weight[word] += name.count
        self._whole = {"".join(phrase) for phrase in self.names}
        self._together: dict[str, set[str]] = {}
        for phrase in self.names:
            for word in phrase:
                self._together.setdefault(word, set()).update(phrase)
        spelt = sorted(word for word in self._weight if len(word) > 3 and not any(char.isdigit() for char in word))
        self._near = deletion_index(tuple(spelt))
        self._sounds: dict[str, str] = {}
        for word in sorted(spelt, key=lambda one: -self._weight[one]):
            if word.isascii() and word in self._whole:
                self._sounds.setdefault(sound_of(word), word)


def vocabulary_of(names: SuggestIndex) -> StockVocabulary:
    """Return the vocabulary of the names that typeahead counted; made once for them."""
    made = _MADE.get(names)
    if made is None:
        made = _MADE[names] = StockVocabulary(names.ranked)
    return made


_MADE: WeakKeyDictionary[SuggestIndex, StockVocabulary] = WeakKeyDictionary()


def _named(models: list[StockModel], *, family: bool = False) -> Name:
    makes = {one.make for one in models}
    spellings = tuple(sorted({one.spelling for one in models}))
    return Name(
        NameKind.MODEL, spellings, sum(one.cars for one in models), makes.pop() if len(makes) == 1 else None, family
    )
