"""Measure how long a batch of changed cars takes to find the saved searches that it meets, and what memory that needs.

    python -m bench.search.saved [--searches 100000] [--cars 1000]

Saved searches are invented: most name a model, with or without a city, a price or a year; some name neither; a tenth
has a word that no filter says. Each batch is handled as the loop does, from the outbox to the alerts that wait; beside
it stands one search of the index for each of 200 saved searches, which is what asking them one by one would take.
"""

import argparse
import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from uuid import UUID

from sqlalchemy import insert, text

from bench.search.market import documents, market
from core.access.audience import Audience
from core.clock import utc_now
from core.db.embedded import embedded_postgres
from core.db.ids import new_id
from core.db.migrate import upgrade_to_head
from core.db.session import SessionFactory, make_engine, make_session_factory, transaction
from core.db.tables.people import User
from core.db.tables.saved_searches import SavedSearch
from core.search import ListingDocument, ListingFilters, SearchQuery
from core.search.tantivy import TantivyEngine
from core.vocabulary import Fuel, Transmission
from pipelines.search.alerts.canonical import asked_words, filter_columns
from pipelines.search.alerts.matching import ChangedCar, keep_matches

_WORDS = (
    "sunroof",
    "genuine",
    "oriel",
    "grande",
    "urgent",
    "navigation",
    "camera",
    "file",
    "alloy rims",
    "first owner",
)
_ROWS_AT_ONCE = 5_000
_PEOPLE = 4_000
_ASKED = 200


def invent(random: Random, cars: list[ListingDocument]) -> tuple[ListingFilters, str]:
    """Return the filters and the words of a saved search, around a car of the market."""
    car, dice = random.choice(cars), random.random()
    price = (car.price_pkr or 2_000_000) // 100_000 * 100_000
    given: dict[str, object] = {}
    if dice < 0.75:
        given["model"] = (car.model,)
    elif dice < 0.88:
        given["make"] = (car.make,)
    if random.random() < 0.4 and car.city:
        given["city"] = (car.city,)
    if random.random() < 0.6 or not given:
        given["price_max"] = int(price * random.uniform(0.8, 1.3))
    if random.random() < 0.4:
        given["year_min"] = car.model_year - random.randrange(4)
    if random.random() < 0.15:
        given["transmission"] = (Transmission.AUTOMATIC,)
    if random.random() < 0.1:
        given["fuel"] = (Fuel.PETROL,)
    words = random.choice(_WORDS) if random.random() < 0.1 else ""
    return ListingFilters(**given), words  # type: ignore[arg-type]  # fields by name


def save(sessions: SessionFactory, count: int, cars: list[ListingDocument]) -> list[tuple[ListingFilters, str]]:
    """Keep invented searches, and return them."""
    random, now = Random(7), utc_now()
    invented = [invent(random, cars) for _ in range(count)]
    with transaction(sessions) as session:
        people = [new_id() for _ in range(_PEOPLE)]
        session.execute(insert(User), [{"id": each} for each in people])
        for start in range(0, count, _ROWS_AT_ONCE):
            rows = [
                {
                    "id": new_id(), "user_id": people[at % _PEOPLE], "name": "x", "search": "q=x", "understood": {},
                    "channel": "automart", "frequency": "instant", "new_match": True, "price_drop": True,
                    "since": now, "words": asked_words(words) or "", **filter_columns(filters),
                }
                for at, (filters, words) in enumerate(invented[start : start + _ROWS_AT_ONCE])
            ]  # fmt: skip
            session.execute(insert(SavedSearch), rows)
    with sessions() as session:
        session.connection(execution_options={"isolation_level": "AUTOCOMMIT"}).execute(text("VACUUM ANALYZE"))
    return invented


def add_cars(sessions: SessionFactory, cars: list[ListingDocument]) -> None:
    """Put rows of the cars into the table, with the few columns that alerts refer to."""
    org: UUID = new_id()
    with transaction(sessions) as session:
        session.execute(text("INSERT INTO orgs (id, code, name) VALUES (:id, 'khan-motors', 'Khan')"), {"id": org})
        session.execute(
            text(
                "INSERT INTO listings (id, org_id, source_key, visibility, channels, title, make, model, model_year,"
                " price_pkr, source, content_hash, content_hash_version) VALUES (:id, :org, :key, 'public',"
                " '{automart}', :title, :make, :model, :year, :price, 'form', '', 1)"
            ),
            [
                {"id": car.id, "org": org, "key": str(at), "title": car.title, "make": car.make, "model": car.model,
                 "year": car.model_year, "price": car.price_pkr}
                for at, car in enumerate(cars)
            ],
        )  # fmt: skip


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--searches", type=int, default=100_000)
    options.add_argument("--cars", type=int, default=1_000)
    chosen = options.parse_args()
    stock = [car for car in documents(market(20_000)) if car.visibility == "public" and "automart" in car.channels]
    changed = stock[: chosen.cars]
    with _database() as (sessions, folder):
        began = time.perf_counter()
        invented = save(sessions, chosen.searches, stock)
        print(f"{chosen.searches:,} searches are kept in {time.perf_counter() - began:.0f} s")
        add_cars(sessions, changed)
        for size in (1, 100, len(changed)):
            now = utc_now()
            batch = [ChangedCar(car, now, arrived=("automart",)) for car in changed[:size]]
            began, spent = time.perf_counter(), time.process_time()
            with sessions() as session:  # rolled back: each batch finds the same
                result = keep_matches(session, batch, now)
            seconds, own = time.perf_counter() - began, time.process_time() - spent
            found = f"{size:,} new cars: {result.new:,} alerts wait after {seconds:.2f} s"
            print(f"{found}, {own:.2f} s of it in this process")
        _one_by_one(folder, changed, invented)
    print(f"most memory of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")


def _one_by_one(folder: Path, cars: list[ListingDocument], invented: list[tuple[ListingFilters, str]]) -> None:
    """Print what one search of an index of the batch costs, and all of them would."""
    index = TantivyEngine(folder / "search")
    with index.rebuilding() as batch:
        batch.upsert(cars)
    began = time.perf_counter()
    for filters, words in invented[:_ASKED]:
        index.search(SearchQuery(words, filters, limit=100), Audience.anonymous())
    seconds = (time.perf_counter() - began) / _ASKED
    print(f"one search each: {seconds * 1000:.2f} ms, {seconds * len(invented):.0f} s for all of them")


@contextmanager
def _database() -> Iterator[tuple[SessionFactory, Path]]:
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        embedded_postgres(Path(folder) / "postgres") as url,
    ):
        engine = make_engine(url)
        upgrade_to_head(engine)
        yield make_session_factory(engine), Path(folder)
        engine.dispose()


if __name__ == "__main__":
    main()
