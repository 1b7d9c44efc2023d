"""Recognising records changes nothing but the work: with and without it a file reads the same."""

from datetime import date

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.feeds.mapping.store import load_mapping
from pipelines.feeds.normalise import row_rules
from pipelines.feeds.parsing.parse import ParsedFeed, parse_feed
from pipelines.feeds.parsing.row_cache import (
    RECORD_SCHEMA,
    KnownRecords,
    known_from_bytes,
    reading_stamp,
    record_digests,
)

SHOWROOM = load_mapping("showroom")
HEADER = "Stock No,Title,Make,Model,Year,Demand,Branch,Status,Listed"


def row(key: str, year: object = 2018, price: str = "45 lacs", status: str = "", listed: str = "01/05/2025") -> str:
    return f"{key},Toyota Corolla,Toyota,Corolla,{year},{price},Main,{status},{listed}"


def sheet(*rows: str, header: str = HEADER) -> bytes:
    return "\n".join([header, *rows, ""]).encode()


def remembered(data: bytes) -> KnownRecords:
    """What an import keeps of a file, with the row's number in place of the content's digest."""
    parsed = parse_feed(data, SHOWROOM, known=KnownRecords())
    assert parsed.digests is not None
    rows = parsed.listings.with_columns(
        pl.col("listed_on").dt.year().cast(pl.Int32).alias("listed_year"),
        pl.col("row_number").cast(pl.String).cast(pl.Binary).alias("content_hash"),
    )
    records = rows.join(parsed.digests, on="row_number").select(RECORD_SCHEMA.names())
    return KnownRecords(records, parsed.columns, parsed.latest_year)


ROWS = st.builds(
    row,
    st.sampled_from(["", *(f"K{number}" for number in range(6))]),
    st.sampled_from([2018, 2018, 2026, 1820]),
    st.sampled_from(["45 lacs", "46 lacs", "?!"]),
    st.sampled_from(["", "", "sold"]),
    st.sampled_from(["01/05/2025", "01/05/2025", "01/01/2026", "", "01/02/2024"]),
)
SHEETS = st.lists(ROWS, min_size=1, max_size=8).map(lambda rows: sheet(*rows))


def said(parsed: ParsedFeed) -> dict[str, tuple[str | None, str | None, int | None]]:
    """Key, branch and year of date of every car, however it was found."""
    new = parsed.listings.select("source_key", "branch_code", pl.col("listed_on").dt.year().cast(pl.Int32))
    old = parsed.recognised.select("source_key", "branch_code", pl.col("listed_year").alias("listed_on"))
    return {key: (key, branch, year) for key, branch, year in pl.concat([new, old]).iter_rows()}


@settings(max_examples=150)
@given(SHEETS, SHEETS)
def test_file_reads_the_same_with_and_without_what_is_known(first: bytes, second: bytes) -> None:
    full, short = parse_feed(second, SHOWROOM), parse_feed(second, SHOWROOM, known=remembered(first))
    assert short.rejects.equals(full.rejects)
    assert (short.rows_read, short.accepted, said(short)) == (full.rows_read, full.accepted, said(full))
    assert short.rows_read == short.listings.height + short.recognised.height + short.rejects.height
    kept = full.listings.filter(pl.col("row_number").is_in(short.listings["row_number"].implode()))
    assert kept.equals(short.listings)


def test_rows_that_stand_in_the_file_before_are_not_read_again() -> None:
    data = sheet(*(row(f"K{number}") for number in range(5)), row("K9", year=1820))
    again = parse_feed(sheet(row("K5"), *data.decode().splitlines()[1:]), SHOWROOM, known=remembered(data))
    assert again.listings["source_key"].to_list() == ["K5"]
    assert again.recognised["row_number"].to_list() == [2, 3, 4, 5, 6]
    assert again.rejects["row_number"].to_list() == [7]  # a rejected row is read, and told about, every time


def test_new_year_makes_every_row_new(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_rules, "market_today", lambda: date(2026, 12, 31))
    data = sheet(row("K1"), row("K2", year=2028))
    known = remembered(data)
    assert parse_feed(data, SHOWROOM, known=known).recognised.height == 1
    monkeypatch.setattr(row_rules, "market_today", lambda: date(2027, 1, 1))
    parsed = parse_feed(data, SHOWROOM, known=known)
    assert parsed.recognised.is_empty()
    assert parsed.listings["source_key"].to_list() == ["K1", "K2"]


@pytest.mark.parametrize("rows", [(row("K1"), row("K1")), (row("K1"), row("K1", price="50 lacs"))])
def test_key_that_stands_twice_is_judged_over_all_rows(rows: tuple[str, ...]) -> None:
    parsed = parse_feed(sheet(*rows), SHOWROOM, known=remembered(sheet(row("K1"))))
    assert parsed.rejects["code"].to_list() == ["duplicate_key"]
    assert parsed.listings["row_number"].to_list() == [2]


def test_column_that_comes_or_goes_makes_every_row_new() -> None:
    known = remembered(sheet(row("K1")))
    wider = sheet(row("K1") + ",", header=HEADER + ",Colour")
    assert parse_feed(wider, SHOWROOM, known=known).recognised.is_empty()


def test_digest_tells_empty_from_absent_and_one_column_from_another() -> None:
    frame = pl.DataFrame(
        {"row_number": range(6), "a": ["x", "", None, "y", "x" * 40 + "1", "x" * 40 + "2"], "b": ["y", *("x",) * 5]},
    )
    swapped = frame.rename({"a": "b", "b": "a"})
    both = pl.concat([record_digests(frame), record_digests(swapped)])
    assert both.select("d1", "d2").unique().height == 10  # ("x", "y") and ("y", "x") are mirror images
    assert record_digests(frame[3:]).equals(record_digests(frame)[3:])


def test_what_is_stored_comes_back_under_its_own_stamp_alone() -> None:
    known = remembered(sheet(row("K1"), row("K2")))
    stamp = reading_stamp(SHOWROOM, 1)
    stored = known.to_bytes(stamp)
    back = known_from_bytes(stored, stamp)
    assert back.records.equals(known.records)
    assert (back.columns, back.latest_year) == (known.columns, known.latest_year)
    changed = SHOWROOM.model_copy(update={"defaults": {"city": "Lahore"}})  # without a new version
    for other in (reading_stamp(SHOWROOM, 2), reading_stamp(changed, 1)):
        assert known_from_bytes(stored, other).records.is_empty()
    for damaged in (b"", stored[:3], stored[:40], stored[: len(stored) // 2], b"\xff" * 100):
        assert known_from_bytes(damaged, stamp).records.is_empty()
