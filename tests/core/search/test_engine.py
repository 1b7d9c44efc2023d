"""The embedded engine keeps its word as an index: audiences, commits, other processes, kills, damage."""

import itertools
import multiprocessing
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from core.access.audience import Audience
from core.errors import InvalidInputError, RetryableError
from core.search import Facet, ListingFilters, SearchQuery, open_search_engine
from core.search.tantivy import TantivyEngine
from core.search.tantivy.schema import SCHEMA_VERSION
from core.settings import Settings
from core.vocabulary import Channel, Visibility
from tests.core.search.conftest import Fill, document, ids

ANYONE = Audience.anonymous()


def test_audiences_see_their_own_in_hits_totals_and_facets(index: TantivyEngine, fill: Fill) -> None:
    shapes: list[tuple[Visibility, tuple[str, ...], UUID]] = [
        (visibility, channels, org)
        for visibility, channels, org in itertools.product(
            Visibility, [("automart",), ("autotrader",), ("automart", "autotrader"), ()], [UUID(int=1), UUID(int=2)]
        )
    ]
    named = {
        f"{visibility}-{'+'.join(channels)}-{org.int}": {
            "visibility": visibility, "channels": channels, "org_id": org, "make": f"Make{number}",
        }
        for number, (visibility, channels, org) in enumerate(shapes)
    }  # fmt: skip
    cars = fill(**named)
    everyone = frozenset({Visibility.PUBLIC})
    audiences = [
        ANYONE,
        Audience(Channel.AUTOTRADER, everyone | {Visibility.WHOLESALE_PUBLIC}),
        Audience(Channel.AUTOTRADER, everyone | {Visibility.WHOLESALE_PUBLIC}, UUID(int=2)),
        Audience(Channel.AUTOMART, frozenset(), UUID(int=1)),
        Audience(Channel.AUTOMART, frozenset()),
    ]
    for audience in audiences:
        seen = {
            name
            for name, values in named.items()
            if audience.channel in values["channels"]
            and (values["visibility"] in audience.visibilities or values["org_id"] == audience.org_id)
        }
        page = index.search(SearchQuery(limit=100, facets=(Facet.MAKE,)), audience)
        assert set(page.ids) == {cars[name] for name in seen}
        assert page.total == index.count(audience) == len(seen)
        assert {count.value for count in page.facets[Facet.MAKE]} == {named[name]["make"] for name in seen}
        for text in ("toyota", "corolla", "make1", "mak3x"):
            assert set(ids(index, text, audience, limit=100)) <= set(page.ids)
    assert index.document_count() == len(named)


def test_facets_count_the_hits_most_frequent_first(index: TantivyEngine, fill: Fill) -> None:
    fill(a={}, b={}, c={"make": "Honda", "model_year": 2020}, d={"make": "Kia", "city": None}, e={"make": "Audi"})
    page = index.search(SearchQuery(facets=(Facet.MAKE, Facet.CITY, Facet.YEAR)), ANYONE)
    counted = {facet.value: [(count.value, count.count) for count in counts] for facet, counts in page.facets.items()}
    assert counted == {
        "make": [("Toyota", 2), ("Audi", 1), ("Honda", 1), ("Kia", 1)],
        "city": [("Lahore", 4)],
        "year": [("2018", 4), ("2020", 1)],
    }


def test_filters_take_any_spelling_of_case_and_any_number(index: TantivyEngine, fill: Fill) -> None:
    cars = fill(toyota={}, mercedes={"make": "Mercedes Benz", "price_pkr": None})
    assert ids(index, filters=ListingFilters(make=("MERCEDES  benz",))) == [cars["mercedes"]]
    assert ids(index, filters=ListingFilters(make=("x" * 100_000, "\0", "\ud800"))) == []
    assert ids(index, filters=ListingFilters(price_min=0)) == [cars["toyota"]]
    assert ids(index, filters=ListingFilters(price_min=10**30)) == []
    assert ids(index, filters=ListingFilters(price_max=10**30, year_min=-(10**30))) == [cars["toyota"]]
    with pytest.raises(InvalidInputError, match="swap them"):
        ListingFilters(price_min=2, price_max=1)


def test_failed_batch_leaves_the_index_as_it_was(index: TantivyEngine, fill: Fill) -> None:
    cars = fill(one={})
    for opening in (index.updating, index.rebuilding):
        with suppress(ZeroDivisionError), opening() as batch:
            batch.upsert([document()])
            batch.delete(cars.values())
            _ = 1 / 0
        assert ids(index) == list(cars.values())


def test_wrong_type_fails_in_the_callers_thread_and_the_writer_lives_on(index: TantivyEngine, fill: Fill) -> None:
    cars = fill(one={})
    with pytest.raises((ValueError, TypeError, OverflowError)), index.updating() as batch:
        batch.upsert([document(price_pkr=2**70)])
    with index.updating() as batch:
        batch.delete(cars.values())
    assert index.document_count() == 0


def test_update_replaces_the_whole_document(index: TantivyEngine, fill: Fill) -> None:
    car = fill(one={})["one"]
    with index.updating() as batch:
        batch.upsert([document(id=car, visibility="private"), document(id=car, make="Honda", model="Civic")])
    assert ids(index, "corolla") == []
    assert ids(index, "civic") == [car]
    assert index.document_count() == 1


def _add_one(folder: Path, listing_id: UUID) -> None:
    with TantivyEngine(folder).updating() as batch:
        batch.upsert([document(id=listing_id)])


@pytest.mark.slow
def test_reader_sees_what_another_process_committed(index: TantivyEngine, fill: Fill, tmp_path: Path) -> None:
    fill(one={})
    assert index.count(ANYONE) == 1
    added = uuid4()
    process = multiprocessing.get_context("spawn").Process(target=_add_one, args=(tmp_path / "search", added))
    process.start()
    process.join(60)
    assert process.exitcode == 0
    assert added in ids(index)
    with TantivyEngine(tmp_path / "search").rebuilding():
        pass
    assert index.count(ANYONE) == 0


KILLED = """
import os, signal, sys
from tests.core.search.conftest import document
from core.search.tantivy import TantivyEngine
from core.search.tantivy.schema import SCHEMA_VERSION
from pathlib import Path
engine = TantivyEngine(Path(sys.argv[1]))
with getattr(engine, sys.argv[2])() as batch:
    batch.upsert(document() for _ in range(500))
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("how", ["updating", "rebuilding"])
@pytest.mark.slow
def test_killed_writer_leaves_the_old_index_and_no_lock(
    index: TantivyEngine, fill: Fill, tmp_path: Path, how: str
) -> None:
    fill(one={})
    root = Path(__file__).parents[3]
    killed = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path / "search"), how], cwd=root, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert index.document_count() == 1
    with index.rebuilding() as batch:
        batch.upsert([document(), document()])
    assert index.document_count() == 2
    assert (
        len([entry for entry in (tmp_path / "search" / f"v{SCHEMA_VERSION}").iterdir() if entry.is_dir()]) == 2
    )  # and the one before


def test_second_writer_is_told_to_wait(index: TantivyEngine, fill: Fill, tmp_path: Path) -> None:
    fill(one={})
    hasty = TantivyEngine(tmp_path / "search", lock_timeout=0.1)
    with index.updating(), pytest.raises(RetryableError) as caught, hasty.updating():
        pass
    assert caught.value.code == "index_busy"


@pytest.mark.parametrize("loss", ["never built", "folder", "pointer", "meta", "segments"])
def test_lost_index_is_unavailable_until_rebuilt(index: TantivyEngine, fill: Fill, tmp_path: Path, loss: str) -> None:
    if loss != "never built":
        fill(one={})
    folder = tmp_path / "search" / f"v{SCHEMA_VERSION}"
    reader: Any = TantivyEngine(tmp_path / "search")
    if loss == "folder":
        shutil.rmtree(folder)
    elif loss == "pointer":
        (folder / "current").write_bytes(b"\xff../..")
    elif loss in ("meta", "segments"):
        names = "*/meta.json" if loss == "meta" else "*/*.fast"
        for file in folder.glob(names):
            file.write_bytes(b"{")
    assert reader.index_id() is None
    with pytest.raises(RetryableError) as caught:
        reader.search(SearchQuery(), ANYONE)
    assert caught.value.code == "search_unavailable"
    with reader.rebuilding() as batch:
        batch.upsert([document()])
    assert reader.count(ANYONE) == index.count(ANYONE) == 1


def test_address_of_meilisearch_without_a_scheme_is_refused_in_words(settings: Settings) -> None:
    assert open_search_engine(settings).index_id() is None
    with pytest.raises(InvalidInputError, match="http://") as caught:
        open_search_engine(settings.model_copy(update={"meili_url": "127.0.0.1:7700"}))
    assert caught.value.code == "invalid_meili_url"
