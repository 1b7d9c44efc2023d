"""Make the queries of the search benches: a hundred different ones of each kind, the same in every run."""

from dataclasses import dataclass
from random import Random

from core.search import Facet, ListingFilters, SearchQuery
from samples.catalogue import SampleModel, sample_models

FACETS = (Facet.MAKE, Facet.MODEL, Facet.CITY, Facet.BODY, Facet.YEAR)
_EACH = 100


@dataclass(frozen=True)
class Typo:
    """A word with one typo, and the word that was meant."""

    text: str
    meant: str


def texts() -> dict[str, list[str]]:
    """Return texts by kind; an example names the kind."""
    random = Random(11)
    models = [model for model in sample_models() if _word(model).isalpha() and len(_word(model)) >= 4]
    makes = [model for model in models if len(_make(model)) >= 4]
    weights = [model.share for model in models]
    return {
        '"corolla 2018"': [f"{_word(one)} {random.randint(2008, 2025)}" for one in _drawn(random, models, weights)],
        '"corola"': [misspelt(random, _word(one)) for one in _drawn(random, models, weights)],
        '"hnda civic"': [
            f"{misspelt(random, _make(one))} {_word(one)}"
            for one in _drawn(random, makes, [model.share for model in makes])
        ],
    }


def faceted() -> list[SearchQuery]:
    """Return queries for five facets of the cars in a price range."""
    random = Random(12)
    lows = [random.randint(5, 60) * 100_000 for _ in range(_EACH)]
    highs = [low + random.randint(5, 60) * 100_000 for low in lows]
    ranges = zip(lows, highs, strict=True)
    return [SearchQuery(filters=ListingFilters(price_min=low, price_max=high), facets=FACETS) for low, high in ranges]


def beginnings() -> list[str]:
    """Return unfinished texts, as in the search box while people type: of all lengths, every tenth with a typo."""
    random = Random(13)
    typed: list[str] = []
    for model in random.choices(sample_models(), k=_EACH):
        name = f"{model.make} {model.model}".lower() if random.random() < 0.5 else model.model.lower()
        part = name[: random.randint(1, len(name))]
        typed.append(misspelt(random, part) if random.random() < 0.1 and len(part) > 4 and part.isalpha() else part)
    return typed


def typos(count: int = 300) -> list[Typo]:
    """Return names of makes and models with one typo each, of 4 letters and more: search corrects no shorter word."""
    random = Random(14)
    names = (f"{model.make} {model.model}".lower().replace("-", " ") for model in sample_models())
    known = sorted({word for name in names for word in name.split() if word.isalpha() and len(word) >= 4})
    found: list[Typo] = []
    while len(found) < count:
        meant = random.choice(known)
        typed = misspelt(random, meant)
        if len(typed) >= 4:
            found.append(Typo(typed, meant))
    return found


def misspelt(random: Random, word: str) -> str:
    """Add one typo to a word: a letter dropped, doubled, replaced, or swapped with the next; never the first letter."""
    at = random.randrange(1, len(word) - 1)
    start, letter, rest = word[:at], word[at], word[at + 1 :]
    other = random.choice("aeioukrt".replace(letter, ""))
    swapped = start + rest[0] + letter + rest[1:]
    return random.choice([start + rest, start + letter * 2 + rest, start + other + rest, swapped])


def _drawn(random: Random, models: list[SampleModel], weights: list[int]) -> list[SampleModel]:
    return random.choices(models, weights, k=_EACH)


def _word(model: SampleModel) -> str:
    return model.model.lower().split()[0]


def _make(model: SampleModel) -> str:
    return model.make.lower().split()[0]
