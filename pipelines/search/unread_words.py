"""Find the words of real searches that were not understood, so that the data team can teach them.

A word is told once 20 different devices have typed it (`core.access.thresholds.FEWEST_DEVICES`); of rarer ones only
their number, and never a whole search: what few people type may be a name or a number of theirs.
"""

from collections import defaultdict
from dataclasses import dataclass, field

import polars as pl

from core.access.thresholds import FEWEST_DEVICES
from core.search.reading.reader import read
from core.search.reading.vocabulary import StockVocabulary

MOST_QUERIES = 200_000
"""Different searches that are read, the most frequent ones: each takes some 0.2 ms."""


@dataclass(frozen=True)
class UnreadWord:
    """A word that searches were left with, and that no name of the stock has."""

    word: str
    devices: int
    searches: int
    without_cars: int  # searches with it that found nothing


@dataclass(frozen=True)
class UnreadReport:
    """The words that may be told, and what was left out of it."""

    searches: int
    understood: int  # searches without such a word
    rare_words: int  # typed by too few devices to be told
    words: list[UnreadWord]


@dataclass
class _Seen:
    devices: set[int] = field(default_factory=set)
    searches: int = 0
    without_cars: int = 0


def unread_words(searches: pl.DataFrame, vocabulary: StockVocabulary, most: int = 100) -> UnreadReport:
    """Report the words that were not understood, those that most devices typed first.

    Args:
        searches: one row a search, with `query` (text), `device` (digest) and `results` (the number of cars, or null).
        vocabulary: the names of the stock by which searches are read.
        most: the number of words to report.
    """
    asked = searches.drop_nulls(["query", "device"])
    grouped = asked.group_by("query").agg(
        pl.col("device"), pl.len().alias("searches"), (pl.col("results") == 0).sum().alias("without_cars")
    )
    seen: defaultdict[str, _Seen] = defaultdict(_Seen)
    understood = 0
    for row in grouped.sort(["searches", "query"], descending=[True, False]).head(MOST_QUERIES).iter_rows(named=True):
        unknown = {word.text for word in read(row["query"], vocabulary).words if not word.known}
        understood += 0 if unknown else row["searches"]
        for word in unknown:
            found = seen[word]
            found.devices.update(row["device"])
            found.searches += row["searches"]
            found.without_cars += row["without_cars"]
    told = [
        UnreadWord(word, len(found.devices), found.searches, found.without_cars)
        for word, found in seen.items()
        if len(found.devices) >= FEWEST_DEVICES
    ]
    ranked = sorted(told, key=lambda one: (-one.devices, -one.searches, one.word))
    return UnreadReport(asked.height, understood, len(seen) - len(told), ranked[:most])
