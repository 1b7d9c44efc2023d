"""A file reads the same with and without the row cache."""

from datetime import date

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.feeds.mapping.store import load_mapping
from pipelines.feeds.normalise import dates, row_rules
from pipelines.feeds.parsing.parse import ParsedFeed, parse_cached, parse_feed
from pipelines.feeds.parsing.row_cache import (
    RECORD_SCHEMA,
    RowCache,
    cache_from_bytes,
    cache_stamp,
)
from pipelines.feeds.readers.delimited import clean_lines
from pipelines.feeds.readers.known_rows import digest_cells
from tests.examples import examples

SHOWROOM = load_mapping("showroom")
HEADER = "Stock No,Title,Make,Model,Year,Demand,Branch,Status,Listed"


def row(key: str, year: object = 2018, price: str = "45 lacs", status: str = "", listed: str = "01/05/2025") -> str:
    return f"{key},Toyota Corolla,Toyota,Corolla,{year},{price},Main,{status},{listed}"


def sheet(*rows: str, header: str = HEADER) -> bytes:
    return "\n".join([header, *rows, ""]).encode()


def cache_of(data: bytes) -> RowCache:
    """The cache that an import of the file leaves, with the row's number in place of the content's digest."""
    use = parse_cached(data, SHOWROOM, RowCache()).cache_use
    assert use is not None
    rows = parse_feed(data, SHOWROOM).listings.with_columns(
        pl.col("row_number").cast(pl.String).cast(pl.Binary).alias("content_hash"),
    )
    records = rows.join(use.record_digests, on="row_number").join(use.notes, on="row_number")
    records = records.select(RECORD_SCHEMA.names())
    return RowCache(records, use.form, use.latest_year)


def normalised(parsed: ParsedFeed) -> pl.DataFrame:
    """The listings that were not recognised."""
    return pl.concat(parsed.read.frames())


ROWS = st.builds(
    row,
    st.sampled_from(["", *(f"K{number}" for number in range(6))]),
    st.sampled_from([2018, 2018, 2026, 1820]),
    st.sampled_from(["45 lacs", "46 lacs", "?!"]),
    st.sampled_from(["", "", "sold"]),
    st.sampled_from(["01/05/2025", "01/05/2025", "01/01/2026", "", "01/02/2024", "soon", "call 0300 1234567"]),
)
SHEETS = st.lists(ROWS, min_size=1, max_size=8).map(lambda rows: sheet(*rows))


def branches(parsed: ParsedFeed) -> dict[str, str | None]:
    """The branch of every car by its key, whether it was normalised or recognised."""
    columns = "source_key", "branch_code"
    return dict(pl.concat([normalised(parsed).select(columns), parsed.recognised.select(columns)]).iter_rows())


@pytest.mark.slow
@settings(max_examples=examples(150))
@given(SHEETS, SHEETS, st.booleans())
def test_file_reads_the_same_with_and_without_cache(first: bytes, second: bytes, by_lines: bool) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(clean_lines, "_FEWEST", 0 if by_lines else 1_000)
        read_the_same(first, second)


def read_the_same(first: bytes, second: bytes) -> int:
    """Compare the second file, read with the cache of the first, with reading it in full; return the known rows."""
    full, short = parse_feed(second, SHOWROOM), parse_cached(second, SHOWROOM, cache_of(first))
    assert short.rejects.equals(full.rejects)
    assert short.unread == full.unread
    assert (short.rows_read, short.accepted, branches(short)) == (full.rows_read, full.accepted, branches(full))
    assert short.rows_read == short.read.height + short.recognised.height + short.rejects.height
    kept = full.listings.filter(pl.col("row_number").is_in(normalised(short)["row_number"].implode()))
    assert kept.equals(normalised(short))
    assert full.listings.equals(short.listings)
    return short.recognised.height


@pytest.fixture
def any_length(monkeypatch: pytest.MonkeyPatch) -> None:
    """Short files are read as long ones are: all clean lines at once."""
    monkeypatch.setattr(clean_lines, "_FEWEST", 0)


MULTI = 'K8,"Toyota\n{}\nCorolla",Toyota,Corolla,2018,45 lacs,Main,,01/05/2025'
CARS = [row(f"K{number}") for number in range(4)]


@pytest.mark.usefixtures("any_length")
@pytest.mark.parametrize(
    ("second", "known"),
    [
        (sheet(*CARS[::-1]), 4),  # moved in the file
        (sheet(CARS[0], "", *CARS[1:], ",,,"), 4),
        (sheet(CARS[0], MULTI.format("GLi"), *CARS[1:]), 4),  # then all rows are read record by record
        (sheet(CARS[0], MULTI.format(CARS[2].replace(",", ";")), CARS[1]), 2),
        (sheet(CARS[0], MULTI.format(CARS[2]), CARS[1]), 2),  # a known line within the quotes of another row is no row
        (sheet(CARS[0], 'K7,5" tyres,Toyota,Corolla,2018,45 lacs,Main,,', CARS[1]), 2),
        (sheet(CARS[0], CARS[1] + " ", CARS[2][:-1]), 1),
        (sheet(*CARS, header=HEADER.replace("Make,Model", "Model,Make")), 0),
        (sheet(*CARS, header=HEADER.replace("Status", "Remarks")), 0),
        (sheet(*CARS, header=HEADER.replace(",Demand", ",Demand ").replace("Listed", "Listed on")), 0),
        (sheet("", *CARS, header="Stock of May\n\n" + HEADER), 4),  # the same table further down
        (b"\xef\xbb\xbf" + sheet(*CARS).replace(b"\n", b"\r\n"), 4),
        (sheet(*CARS).decode().encode("utf-16"), 4),
    ],
)  # fmt: skip
def test_lines_of_the_previous_file_are_known_where_they_mean_the_same(second: bytes, known: int) -> None:
    assert read_the_same(sheet(*CARS), second) == known


@pytest.mark.usefixtures("any_length")
def test_row_without_its_last_cells_is_judged_by_the_lines_below_it_each_time() -> None:
    short = row("K9", listed="").removesuffix(",")
    first = sheet(*CARS, short, CARS[0].replace("K0", "K6"))
    assert parse_feed(first, SHOWROOM).accepted == 6
    assert read_the_same(first, first) == 6
    assert read_the_same(first, sheet(*CARS, short, "and then", CARS[0])) == 4


@pytest.mark.usefixtures("any_length")
def test_bytes_outside_the_encoding_leave_the_other_rows_known() -> None:
    lines = [CARS[0], row("K7").replace("Toyota Corolla", "caf\udce9"), *CARS[1:], *[row(f"گاڑی{n}") for n in range(9)]]
    second = "\n".join([HEADER, *lines]).encode("utf-8", "surrogateescape")
    assert read_the_same(sheet(*CARS), second) == 4


@pytest.mark.slow
@settings(max_examples=examples(90))
@given(SHEETS, SHEETS, st.sets(st.integers(1, 16)), st.booleans())
def test_rows_that_are_asked_for_read_as_in_a_reading_of_the_whole_file(
    first: bytes, second: bytes, numbers: set[int], by_lines: bool
) -> None:
    wanted = pl.Series(sorted(numbers), dtype=pl.Int32)
    asked = pl.col("row_number").is_in(wanted.implode())
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(clean_lines, "_FEWEST", 0 if by_lines else 1_000)
        data = second + first.partition(b"\n")[2]
        found = pl.concat(parse_cached(data, SHOWROOM, cache_of(first)).frames(wanted)).filter(asked)
        assert found.equals(parse_feed(data, SHOWROOM).listings.filter(asked))


def test_recognised_rows_are_whole_where_they_are_asked_for() -> None:
    data = sheet(*(row(f"K{number}") for number in range(3)), row("K3", price="1 lac"))
    parsed = parse_cached(data.replace(b"1 lac", b"50 lacs"), SHOWROOM, cache_of(data))
    assert (parsed.recognised.height, parsed.read.height) == (3, 1)
    (only_new,) = parsed.frames(wanted=pl.Series([4], dtype=pl.Int32))
    assert only_new["source_key"].to_list() == ["K3"]
    (with_known,) = parsed.frames(wanted=pl.Series([2], dtype=pl.Int32))
    assert with_known.select("source_key", "price_pkr").rows() == [("K1", 4_500_000), ("K3", 5_000_000)]
    (whole,) = parsed.frames()
    assert whole["source_key"].to_list() == ["K0", "K1", "K2", "K3"]


def test_rows_of_the_previous_file_are_not_normalised_again() -> None:
    data = sheet(*(row(f"K{number}") for number in range(5)), row("K9", year=1820))
    again = parse_cached(sheet(row("K5"), *data.decode().splitlines()[1:]), SHOWROOM, cache_of(data))
    assert normalised(again)["source_key"].to_list() == ["K5"]
    assert again.recognised["row_number"].to_list() == [2, 3, 4, 5, 6]
    assert again.rejects["row_number"].to_list() == [7]  # a rejected row is read and reported every time


def test_in_a_new_year_every_row_is_normalised_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_rules, "market_today", lambda: date(2026, 12, 31))
    data = sheet(row("K1"), row("K2", year=2028))
    cache = cache_of(data)
    assert parse_cached(data, SHOWROOM, cache).recognised.height == 1
    monkeypatch.setattr(row_rules, "market_today", lambda: date(2027, 1, 1))
    parsed = parse_cached(data, SHOWROOM, cache)
    assert parsed.recognised.is_empty()
    assert parsed.listings["source_key"].to_list() == ["K1", "K2"]


def test_date_to_come_is_read_again_until_it_has_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dates, "market_today", lambda: date(2026, 3, 1))
    data = sheet(row("K1"), row("K2", listed="20/03/2026"))
    cache = cache_of(data)
    assert parse_cached(data, SHOWROOM, cache).recognised["source_key"].to_list() == ["K1"]
    monkeypatch.setattr(dates, "market_today", lambda: date(2026, 3, 20))
    parsed = parse_cached(data, SHOWROOM, cache)
    assert normalised(parsed)["listed_on"].to_list() == [date(2026, 3, 20)]
    assert parsed.unread == parse_feed(data, SHOWROOM).unread == ()


@pytest.mark.parametrize("rows", [(row("K1"), row("K1")), (row("K1"), row("K1", price="50 lacs"))])
def test_repeated_key_is_judged_over_all_rows(rows: tuple[str, ...]) -> None:
    parsed = parse_cached(sheet(*rows), SHOWROOM, cache_of(sheet(row("K1"))))
    assert parsed.rejects["code"].to_list() == ["duplicate_key"]
    assert parsed.listings["row_number"].to_list() == [2]


def test_after_a_change_of_columns_every_row_is_normalised_again() -> None:
    cache = cache_of(sheet(row("K1")))
    wider = sheet(row("K1") + ",", header=HEADER + ",Colour")
    assert parse_cached(wider, SHOWROOM, cache).recognised.is_empty()


def test_digest_distinguishes_empty_from_absent_and_one_column_from_another() -> None:
    frame = pl.DataFrame(
        {"row_number": range(6), "a": ["x", "", None, "y", "x" * 40 + "1", "x" * 40 + "2"], "b": ["y", *("x",) * 5]},
    )
    swapped = frame.rename({"a": "b", "b": "a"})
    both = pl.concat([digest_cells(frame), digest_cells(swapped)])
    assert both.select("d1", "d2").unique().height == 10  # ("x", "y") and ("y", "x") are mirror images
    assert digest_cells(frame[3:]).equals(digest_cells(frame)[3:])


def test_stored_cache_is_read_under_its_own_stamp_only() -> None:
    cache = cache_of(sheet(row("K1"), row("K2")))
    stamp = cache_stamp(SHOWROOM, 1)
    stored = cache.to_bytes(stamp)
    back = cache_from_bytes(stored, stamp)
    assert back.records.equals(cache.records)
    assert (back.form, back.latest_year) == (cache.form, cache.latest_year)
    changed = SHOWROOM.model_copy(update={"defaults": {"city": "Lahore"}})  # without a new version
    for other in (cache_stamp(SHOWROOM, 2), cache_stamp(changed, 1)):
        assert cache_from_bytes(stored, other).records.is_empty()
    for damaged in (b"", stored[:3], stored[:40], stored[: len(stored) // 2], b"\xff" * 100):
        assert cache_from_bytes(damaged, stamp).records.is_empty()
