"""A file reads the same with and without the row cache."""

from datetime import date

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.feeds.mapping.store import load_mapping
from pipelines.feeds.normalise import row_rules
from pipelines.feeds.parsing.parse import ParsedFeed, parse_cached, parse_feed
from pipelines.feeds.parsing.row_cache import (
    RECORD_SCHEMA,
    RowCache,
    cache_from_bytes,
    cache_stamp,
    record_digests,
)
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
    return RowCache(records, use.columns, use.latest_year)


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
@given(SHEETS, SHEETS)
def test_file_reads_the_same_with_and_without_cache(first: bytes, second: bytes) -> None:
    full, short = parse_feed(second, SHOWROOM), parse_cached(second, SHOWROOM, cache_of(first))
    assert short.rejects.equals(full.rejects)
    assert short.unread == full.unread
    assert (short.rows_read, short.accepted, branches(short)) == (full.rows_read, full.accepted, branches(full))
    assert short.rows_read == short.read.height + short.recognised.height + short.rejects.height
    kept = full.listings.filter(pl.col("row_number").is_in(normalised(short)["row_number"].implode()))
    assert kept.equals(normalised(short))
    assert full.listings.equals(short.listings)


def test_recognised_rows_are_whole_where_they_are_asked_for() -> None:
    data = sheet(*(row(f"K{number}") for number in range(3)), row("K3", price="1 lac"))
    parsed = parse_cached(data.replace(b"1 lac", b"50 lacs"), SHOWROOM, cache_of(data))
    assert (parsed.recognised.height, parsed.read.height) == (3, 1)
    (only_new,) = parsed.frames(wanted=pl.Series([4], dtype=pl.Int32))
    assert only_new["source_key"].to_list() == ["K3"]
    (whole,) = parsed.frames(wanted=pl.Series([2], dtype=pl.Int32))
    assert whole.row(1, named=True)["price_pkr"] == 4_500_000


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
    both = pl.concat([record_digests(frame), record_digests(swapped)])
    assert both.select("d1", "d2").unique().height == 10  # ("x", "y") and ("y", "x") are mirror images
    assert record_digests(frame[3:]).equals(record_digests(frame)[3:])


def test_stored_cache_is_read_under_its_own_stamp_only() -> None:
    cache = cache_of(sheet(row("K1"), row("K2")))
    stamp = cache_stamp(SHOWROOM, 1)
    stored = cache.to_bytes(stamp)
    back = cache_from_bytes(stored, stamp)
    assert back.records.equals(cache.records)
    assert (back.columns, back.latest_year) == (cache.columns, cache.latest_year)
    changed = SHOWROOM.model_copy(update={"defaults": {"city": "Lahore"}})  # without a new version
    for other in (cache_stamp(SHOWROOM, 2), cache_stamp(changed, 1)):
        assert cache_from_bytes(stored, other).records.is_empty()
    for damaged in (b"", stored[:3], stored[:40], stored[: len(stored) // 2], b"\xff" * 100):
        assert cache_from_bytes(damaged, stamp).records.is_empty()
