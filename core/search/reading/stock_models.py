"""Take the makes and the models of the stock apart: the words of each, and those that may stand for a model."""

from typing import NamedTuple

from core.search.words.folding import words
from core.search.words.typeahead import Suggestion, SuggestionKind

Phrase = tuple[str, ...]
FAMILY_WORD = 3  # letters from which the first word of a model's name may stand for it
_LAST_WORD = 4


class StockModel(NamedTuple):
    """A model of a make, as the stock writes it."""

    make: str  # folded words
    spelling: str
    cars: int


def models_by_words(listed: list[Suggestion], makes: dict[Phrase, Suggestion]) -> dict[Phrase, list[StockModel]]:
    """Return the models by their own words."""
    found: dict[Phrase, list[StockModel]] = {}
    for one in listed:
        phrase = tuple(words(one.value))
        if one.kind is not SuggestionKind.MODEL or (make := make_of(phrase, makes)) is None:
            continue
        spelling = " ".join(one.value.split()[len(makes[make].value.split()) :])
        if model := phrase[len(make) :]:
            found.setdefault(model, []).append(StockModel(" ".join(make), spelling, one.count))
    return found


def family_words(phrase: Phrase) -> list[Phrase]:
    """Return the parts of a model's name that may stand for it: its first word, its last one, and both turned round."""
    if len(phrase) == 1:
        return []
    parts = []
    if len(phrase[0]) >= FAMILY_WORD and phrase[0].isalpha():
        parts.append(phrase[:1])
    if len(phrase[-1]) >= _LAST_WORD and phrase[-1].isalpha():
        parts.append(phrase[-1:])
    if len(phrase) == 2:
        parts.append(phrase[::-1])
    return parts


def make_of(phrase: Phrase, makes: dict[Phrase, Suggestion]) -> Phrase | None:
    """Return the words of the make that a name begins with."""
    return next((phrase[:size] for size in range(len(phrase), 0, -1) if phrase[:size] in makes), None)
