"""A file read chunk by chunk has the same result as when it is read whole, wherever the chunks end."""

from functools import partial
from io import BytesIO
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import RefusedFileError
from pipelines.feeds.mapping.schema import Mapping
from pipelines.feeds.mapping.store import load_mapping
from pipelines.feeds.normalise import distinct
from pipelines.feeds.parsing import parse
from pipelines.feeds.parsing.parse import ParsedFeed, parse_feed
from pipelines.feeds.parsing.parse_chunked import parse_chunks
from pipelines.feeds.parsing.row_cache import RowCache
from pipelines.feeds.parsing.spill import compact
from pipelines.feeds.readers.chunks import read_chunks
from pipelines.feeds.readers.known_rows import digest_cells
from pipelines.feeds.readers.unpack import unpack
from pipelines.feeds.readers.xml.string_views import Utf8Buffer
from tests.examples import examples
from tests.pipelines.feeds.test_golden_files import FILES, FOLDER, mapping_of

pytestmark = pytest.mark.slow

TWO_LISTS = "showroom_two_lists.zip"
SHOWROOM, XML = load_mapping("showroom"), load_mapping("dealer-xml")


def whole(data: bytes, mapping: Mapping, *, require_price: bool = True) -> object:
    try:
        parsed = parse_feed(data, mapping, require_price_column=require_price)
    except RefusedFileError as error:
        return error.code, error.detail
    facts = (parsed.rows_read, parsed.encoding, parsed.delimiter, parsed.accepted, parsed.unread)
    return parsed.listings.rows(), parsed.rejects.rows(), parsed.keys.to_list(), facts


def in_chunks(data: bytes, mapping: Mapping, size: int, *, require_price: bool = True) -> object:
    try:
        file = unpack(data).file
        parsed = parse_chunks(partial(read_chunks, file, mapping, size, size), mapping, require_price=require_price)
    except RefusedFileError as error:
        return error.code, error.detail
    facts = (parsed.rows_read, parsed.encoding, parsed.delimiter, parsed.accepted, parsed.unread)
    return parsed.listings.rows(), parsed.rejects.rows(), parsed.keys.to_list(), facts


@pytest.fixture(autouse=True)
def _small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make chunks of a few lines, so that small files have many."""
    for module in ("encoding", "xml.reader"):
        monkeypatch.setattr(f"pipelines.feeds.readers.{module}._BLOCK", 97)
    monkeypatch.setattr("pipelines.feeds.readers.delimited.chunks.HEAD", 400)
    monkeypatch.setattr("pipelines.feeds.readers.delimited.reader.HEAD", 400)


@pytest.mark.parametrize("size", [1, 7, 150])
def test_lists_of_a_zip_read_the_same_in_chunks(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    data, mapping = (FOLDER / TWO_LISTS).read_bytes(), load_mapping(mapping_of(TWO_LISTS))
    expected = whole(data, mapping)
    monkeypatch.setattr(parse, "_LARGE", 0)
    monkeypatch.setattr(parse, "read_chunks", partial(read_chunks, rows=size, characters=size))
    assert whole(data, mapping) == expected


@pytest.mark.parametrize("size", [1, 7, 150])
@pytest.mark.parametrize("file", [file for file in FILES if file != TWO_LISTS])
def test_sample_files_read_the_same_in_chunks(file: str, size: int) -> None:
    data = (FOLDER / file).read_bytes()
    mapping = load_mapping(mapping_of(file))
    assert in_chunks(data, mapping, size) == whole(data, mapping)


ROW = st.sampled_from([
    "K{0},Toyota,Corolla,2015,45 lacs,2025-01-02,fine", "K{0},Toyota,Corolla,2026,45 lacs,2025-03-01,next year",
    "K{0},Honda,City,2027,30 lacs,,later year", "K1,Honda,City,2014,30 lacs,2026-05-01,the same again",
    'K{0},Honda,City,2014,30 lacs,2020-01-01,"two\nlines"', "K{0},Honda", "K{0},Honda,City,2014,30 lacs,,\x00", "",
    'K{0},Honda,City,2014,30 lacs,,"never closed', "K{0},Honda,City,2014,call,,caf\udce9",
    "K{0},,City,2014,30,,no make",
    'K{0},Honda,City,2014,30 lacs,,"' + "line\n" * 65 + 'end"', "K2,Honda,City,2031,30 lacs,2030-01-01,old",
])  # fmt: skip
HEAD = "Stock No,Make,Model,Year,Demand,Listed,Remarks"
some = settings(deadline=None, max_examples=examples(80), suppress_health_check=[HealthCheck.function_scoped_fixture])


@some
@given(
    st.lists(ROW, min_size=1, max_size=25),
    st.integers(1, 400),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from(["utf-8", "utf-16", "cp1252"]),
)
def test_any_rows_read_the_same_in_chunks(rows: list[str], size: int, line_end: str, encoding: str) -> None:
    text = line_end.join([HEAD, *(row.format(at) for at, row in enumerate(rows, start=5))])
    data = text.encode(encoding, "surrogateescape" if encoding == "utf-8" else "replace")
    for require_price in (True, False):
        expected = whole(data, SHOWROOM, require_price=require_price)
        assert in_chunks(data, SHOWROOM, size, require_price=require_price) == expected


CAR = st.sampled_from([
    "<car id='{0}'><make>Toyota</make><model>Yaris</model><year>2015</year><price>45 lacs</price></car>",
    "<car id='{0}'><make>Toyota</make><model>Yaris</model><year>2027</year><listed>2026-01-01</listed></car>",
    "<car id='{0}' status='sold'><make>Toyota</make></car>", "<car/>", "<car id='1'><model>Yaris</model></car>",
    "<car id='1'><make>Toyota</make><model>Yaris</model><year>2015</year><price>1</price></car>",
    "<car id='1'><make>Toyota</make><model>Yaris</model><year>2015</year><price>45 lacs</price></car>",
    "<car id='{0}' visibility='nobody'><make>Kia</make><model>Rio</model><year>2015</year><price>9 lacs</price></car>",
])  # fmt: skip


@some
@given(st.lists(CAR, max_size=12), st.integers(1, 5))
def test_any_xml_cars_read_the_same_in_chunks(cars: list[str], size: int) -> None:
    inner = "".join(car.format(at) for at, car in enumerate(cars, start=5))
    data = f"<inventory>{inner}</inventory>".encode()
    assert in_chunks(data, XML, size) == whole(data, XML)


def test_repeated_words_are_normalised_as_single_rows_are(monkeypatch: pytest.MonkeyPatch) -> None:
    for file in FILES:
        data, mapping = (FOLDER / file).read_bytes(), load_mapping(mapping_of(file))
        monkeypatch.setattr(distinct, "_FEWEST_ROWS", 1 << 60)
        by_rows = whole(data, mapping)
        monkeypatch.setattr(distinct, "_FEWEST_ROWS", 0)
        assert whole(data, mapping) == by_rows


def test_cached_rows_are_recognised_in_every_chunk() -> None:
    lines = [f"K{n},Toyota,Corolla,2015,45 lacs,2025-01-02,car {n}" for n in range(40)]
    data = "\n".join([HEAD, *lines]).encode()
    outcome = ("row_number", "source_key", "branch_code", "price_pkr")
    records = cached(data, RowCache()).listings.select(*outcome, content_hash=b"x")
    use = cached(data, RowCache()).cache_use
    assert use is not None
    records = records.join(use.record_digests, on="row_number").join(use.notes, on="row_number")
    cache = RowCache(records.select(*RowCache().records.columns), use.form, use.latest_year)
    changed = data.replace(b"car 7", b"car seven")
    again = cached(changed, cache)
    assert (again.recognised.height, again.read.keys["source_key"].to_list()) == (39, ["K7"])
    assert again.listings.equals(parse_feed(changed, SHOWROOM).listings)
    twice = cached(changed + b"\n" + lines[3].encode(), cache)
    assert (twice.recognised.height, twice.rejects["code"].to_list()) == (39, ["duplicate_key"])
    full = parse_feed(changed + b"\n" + lines[3].encode(), SHOWROOM)
    assert twice.listings.equals(full.listings)
    assert twice.rejects.equals(full.rejects)


def cached(data: bytes, cache: RowCache) -> ParsedFeed:
    return parse_chunks(partial(read_chunks, BytesIO(data), SHOWROOM, characters=400), SHOWROOM, cache=cache)


def test_compact_frame_does_not_hold_the_block_that_its_texts_are_slices_of() -> None:
    block = Utf8Buffer(b"a text that is longer than twelve bytes" + bytes(100_000))
    frame = pl.DataFrame({"text": block.texts(np.array([0]), np.array([39]))})
    assert _held(frame["text"]) > 100_000
    assert compact(frame).equals(frame)
    assert _held(compact(frame)["text"]) < 1_000


def _held(texts: pl.Series) -> int:
    return sum(buffer.size for buffer in texts.to_arrow(compat_level=pl.CompatLevel.newest()).buffers() if buffer)


def test_digests_do_not_depend_on_the_chunk() -> None:
    data = b"<inventory>" + b"<car id='1'><make>Kia</make></car><car id='2'><url>x</url></car>" * 4 + b"</inventory>"
    one, two = (list(read_chunks(BytesIO(data), XML, rows=size)) for size in (9, 1))
    assert len(one) == 1 < len(two)
    digests = [row for raw in two for row in digest_cells(raw.frame).rows()]
    assert digests == digest_cells(one[0].frame).rows()


def test_a_large_file_is_read_in_chunks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    data = (FOLDER / "showroom_values.csv").read_bytes()
    expected = whole(data, SHOWROOM)
    monkeypatch.setattr("pipelines.feeds.parsing.parse._LARGE", 10)
    monkeypatch.setattr("pipelines.feeds.parsing.parse.read_whole", None)
    path = tmp_path / "stock.csv"
    path.write_bytes(data)
    assert whole(data, SHOWROOM) == expected
    with path.open("rb") as file:
        assert parse_feed(file, SHOWROOM).listings.rows() == expected[0]  # type: ignore[index]  # an outcome
