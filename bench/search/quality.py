"""Measure how well searches are answered: right answers, NDCG@10, MRR and empty pages, by class of query.

    automart dealers add market --name Market --mapping classifieds
    automart feeds import ads.csv --dealer market --mapping classifieds
    python -m bench.search.quality [QUERIES.csv]

It asks the cars of AUTOMART_HOME: words as words (`off`), words understood (`on`), and, where the extra `semantic` is
installed and `automart search embed` was run, by words and by meaning (`hybrid`). QUERIES.csv has a class, a query and
`right_if`: a Python expression over one car (`r` its fields, `T` title, make, model and variant in lower case, `y` the
year, `p` the price, `L` a lakh, `C` a crore). Without a file it makes its own queries of the stock: names, misspelt
ones, names
with a year, with a city and with a price. A query that no car answers counts in empty pages alone.

A query is a hit where at least 80 % of the first five cars are right.
"""

import argparse
import csv
import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from bench.search.made_questions import misspelt
from core.access.audience import Audience
from core.db.session import transaction
from core.errors import AutomartError
from core.platform import open_platform
from core.search import ListingDocument, SearchEngine, SearchQuery, open_search_engine
from core.search.embedding import VectorStore
from pipelines.search.repository import ListingDocumentRepository
from pipelines.search.sync import sync_index
from serving.listings.finding.service import search_by_meaning, search_listings

_SHOWN: Final = 10
_FIRST: Final = 5
_ENOUGH: Final = 0.8
_EACH: Final = 60
_LAC: Final = 100_000
_ANYONE: Final = Audience.anonymous()
_BUILTINS: Final = {"len": len, "str": str, "any": any, "bool": bool}
Ask = Callable[[str], Sequence[UUID]]


@dataclass(frozen=True)
class Question:
    """A query, its class, and the cars that answer it."""

    kind: str
    text: str
    right: frozenset[UUID]


@dataclass
class Figures:
    """The sums of a class of queries."""

    queries: int = 0
    hits: int = 0
    empty: int = 0
    gain: float = 0.0
    reciprocal: float = 0.0
    missed: list[str] = field(default_factory=list)

    def add(self, question: Question, found: Sequence[UUID]) -> None:
        """Count the answer to a question."""
        shown = [listing_id in question.right for listing_id in found[:_SHOWN]]
        good, most = sum(shown[:_FIRST]), min(_FIRST, len(question.right))
        hit = bool(found) and good >= _ENOUGH * most and good >= _ENOUGH * len(shown[:_FIRST])
        self.queries += 1
        self.hits += hit
        self.empty += not found
        self.gain += ndcg(shown, len(question.right))
        self.reciprocal += next((1 / rank for rank, right in enumerate(shown, 1) if right), 0.0)
        if not hit:
            self.missed.append(question.text)


def ndcg(shown: Sequence[bool], right: int) -> float:
    """Return the discounted gain of the cars shown, as a share of the best possible.

    >>> ndcg([True, False], 1), ndcg([False, False], 1)
    (1.0, 0.0)
    """
    best = sum(1 / math.log2(rank + 1) for rank in range(1, min(right, _SHOWN) + 1))
    return sum(1 / math.log2(rank + 1) for rank, good in enumerate(shown, 1) if good) / best


def written(path: Path, cars: Sequence[ListingDocument]) -> Iterator[Question]:
    """Yield the questions of a file, each with the cars that fulfil its condition."""
    scopes = [(car.id, _scope(car)) for car in cars]
    with path.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            code = compile(row["right_if"], row["query"], "eval")
            right = frozenset(listing_id for listing_id, scope in scopes if eval(code, dict(scope)))
            yield Question(row["class"], row["query"], right)


def _scope(car: ListingDocument) -> dict[str, Any]:
    fields = defaultdict(lambda: None, {name: getattr(car, name) for name in ListingDocument.__slots__})
    title = " ".join(part for part in (car.title, car.make, car.model, car.variant) if part).lower()
    known = {"r": fields, "T": title, "y": car.model_year, "p": car.price_pkr, "L": _LAC, "C": 10_000_000}
    return {"__builtins__": _BUILTINS, **known}


def made(cars: Sequence[ListingDocument]) -> Iterator[Question]:
    """Yield questions made of cars of the stock, the same for the same stock."""
    random = Random(23)
    stock = sorted((car for car in cars if car.city and car.price_pkr), key=lambda car: car.id)
    for car in random.choices(stock, k=_EACH):
        name = f"{car.make} {car.model}".lower()
        lacs = int(car.price_pkr or 0) // _LAC + 2
        same = [one for one in cars if (one.make, one.model) == (car.make, car.model)]
        yield _question("name", name, same)
        if len(car.make) > 4 and car.make.isalpha():
            yield _question("misspelt make", f"{misspelt(random, car.make.lower())} {car.model.lower()}", same)
        yield _question("year", f"{name} {car.model_year}", [one for one in same if one.model_year == car.model_year])
        yield _question("city", f"{name} in {car.city}", [one for one in same if one.city == car.city])
        cheap = [one for one in same if one.price_pkr is not None and one.price_pkr <= lacs * _LAC]
        yield _question("price", f"{name} under {lacs} lac", cheap)


def _question(kind: str, text: str, right: Sequence[ListingDocument]) -> Question:
    return Question(kind, text, frozenset(car.id for car in right))


def ways(session: Session, engine: SearchEngine, vectors: VectorStore) -> dict[str, Ask]:
    """Return the ways to ask, by name; hybrid where it can be asked."""
    found: dict[str, Ask] = {
        "off": lambda text: engine.search(SearchQuery(text, limit=_SHOWN), _ANYONE).ids,
        "on": lambda text: [
            one.id for one in search_listings(session, engine, SearchQuery(text, limit=_SHOWN), _ANYONE).items
        ],
    }

    def hybrid(text: str) -> list[UUID]:
        page = search_by_meaning(session, engine, vectors, SearchQuery(text, limit=_SHOWN), _ANYONE)
        return [one.id for one in page.items]

    try:
        hybrid("corolla")
    except AutomartError as error:
        print(f"hybrid is left out: {error.detail}")
        return found
    return {**found, "hybrid": hybrid}


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("queries", type=Path, nargs="?")
    path = options.parse_args().queries
    with open_platform() as platform, transaction(platform.sessions) as session:
        engine = open_search_engine(platform.settings)
        sync_index(session, engine)
        documents = [one for chunk in ListingDocumentRepository(session).all_live() for one in chunk]
        cars = [car for car in documents if car.visibility == "public" and "automart" in car.channels]
        questions = list(written(path, cars) if path is not None else made(cars))
        for name, ask in ways(session, engine, VectorStore(platform.settings.vectors_dir)).items():
            _print(name, questions, ask)


def _print(name: str, questions: Sequence[Question], ask: Ask) -> None:
    figures: dict[str, Figures] = defaultdict(Figures)
    unanswerable, answered = 0, 0
    for question in questions:
        found = ask(question.text)
        if not question.right:
            unanswerable, answered = unanswerable + 1, answered + bool(found)
            continue
        for kind in (question.kind, "all"):
            figures[kind].add(question, found)
    print(f"{name}: class, queries, hits, NDCG@{_SHOWN}, MRR, empty pages")
    for kind, sums in sorted(figures.items(), key=lambda pair: (pair[0] == "all", pair[0])):
        count = sums.queries
        shares = (
            f"{sums.hits / count:6.1%} {sums.gain / count:.3f} {sums.reciprocal / count:.3f} {sums.empty / count:6.1%}"
        )
        print(f"  {kind:18} {count:4} {shares}")
    print(f"  no car in the stock answers {unanswerable}; of these {answered} show others")
    if figures:
        print(f"  missed: {'; '.join(figures['all'].missed[:12])}")


if __name__ == "__main__":
    main()
