"""Files that are read as a batch have the same results as if each had been read alone."""

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import RefusedFileError
from pipelines.feeds.mapping.store import load_mapping
from pipelines.feeds.parsing.parse import ParsedFeed, parse_feed
from pipelines.feeds.parsing.parse_batch import parse_batch
from tests.examples import examples
from tests.pipelines.feeds.parsing.test_row_cache import ROWS, SHOWROOM, row, sheet
from tests.pipelines.feeds.test_golden_files import FILES, FOLDER, mapping_of

DIRT = st.sampled_from([b"", b"a,b\n1,2\n", b"K1,only a row\n", b"\x80\x00\xff\xfe", sheet('"K8,open', row("K9"))])
SHEETS = st.lists(ROWS, max_size=6).map(lambda rows: sheet(*rows))
DELIVERIES = st.lists(st.one_of(SHEETS, DIRT), min_size=1, max_size=6)


def alone(data: bytes, mapping: str = "showroom") -> ParsedFeed | RefusedFileError:
    try:
        return parse_feed(data, load_mapping(mapping))
    except RefusedFileError as error:
        return error


def same(one: ParsedFeed | RefusedFileError, other: ParsedFeed | RefusedFileError) -> None:
    if isinstance(one, RefusedFileError) or isinstance(other, RefusedFileError):
        assert (type(one), str(one)) == (type(other), str(other))
        return
    assert one.listings.equals(other.listings)
    assert one.rejects.equals(other.rejects)
    facts = ("rows_read", "encoding", "delimiter", "containers", "unread")
    assert [getattr(one, fact) for fact in facts] == [getattr(other, fact) for fact in facts]


@pytest.mark.slow
@settings(max_examples=examples(60))
@given(DELIVERIES)
def test_batched_files_have_the_same_result_as_single_ones(files: list[bytes]) -> None:
    for data, parsed in zip(files, parse_batch(files, SHOWROOM), strict=True):
        same(parsed, alone(data))


@pytest.mark.slow
def test_batched_samples_have_the_same_result_as_single_ones() -> None:
    samples: dict[str, list[Path]] = {}
    for file in FILES:
        samples.setdefault(mapping_of(file), []).append(FOLDER / file)
    for mapping, paths in samples.items():
        files = [path.read_bytes() for path in paths]
        for data, parsed in zip(files, parse_batch(files, load_mapping(mapping)), strict=True):
            same(parsed, alone(data, mapping))


def test_same_key_in_two_files_is_no_duplicate() -> None:
    files = [sheet(row("K1")), sheet(row("K1", price="50 lacs"))]
    first, second = parse_batch(files, SHOWROOM)
    assert isinstance(first, ParsedFeed)
    assert isinstance(second, ParsedFeed)
    assert (first.accepted, second.accepted) == (1, 1)
    assert second.rejects.is_empty()
    assert first.listings.schema["row_number"] == pl.Int32
