"""Blank lines cost next to nothing, and leaving them out changes nothing that is told."""

from io import BytesIO

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import RefusedFileError
from pipelines.feeds.mapping.store import load_mapping
from pipelines.feeds.readers.byte_offsets import bytes_before
from pipelines.feeds.readers.chunks import read_chunks
from pipelines.feeds.readers.delimited import blank_lines
from pipelines.feeds.readers.delimited.blank_lines import MAX_RECORD_LINES, shorten_blank_runs
from pipelines.feeds.readers.delimited.reader import read_delimited
from pipelines.feeds.readers.encoding import decode

SHOWROOM = load_mapping("showroom")
HEADER = "Stock No,Make,Model,Year,Demand,Remarks"
GOOD = "K1,Toyota,Corolla,2015,45 lacs,fine"
RUN = st.builds(
    lambda line, count: line * count,
    st.sampled_from(["\n", "\r\n", "\r", " \t\n", ",,,,,\n", ", ,\r\n", "\x1a\n"]),
    st.sampled_from([1, 2, 59, 60, 61, 62, 130, 400]),
)
PIECE = RUN | st.sampled_from([
    f"{GOOD}\n", "K2,Honda\n", f"{GOOD},,\n", "K3,Kia,Rio,2015,9 lacs,", 'K4,Kia,Rio,2015,9 lacs,"two\n\n\nlines"\n',
    'K5,Kia,Rio,2015,9 lacs,"open\n', '"\n', 'café"\n', ",", "\n",
])  # fmt: skip
TEXTS = st.lists(PIECE, max_size=8).map(lambda pieces: "".join([HEADER, "\n", *pieces, GOOD]))


def read_result(data: bytes) -> object:
    """Rows, rejected rows and the byte of each, as cells."""
    try:
        raw = read_delimited(decode(data), SHOWROOM)
    except RefusedFileError as error:
        return error.code
    numbers = pl.concat([raw.frame["row_number"], raw.rejects["row_number"]]).sort()
    return raw.frame.rows(), raw.rejects.rows(), raw.offsets(numbers).to_list()


@given(TEXTS, st.sampled_from(["utf-8", "utf-16", "cp1252"]))
def test_shortened_runs_change_no_row_and_no_offset(text: str, encoding: str) -> None:
    data = text.encode(encoding)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blank_lines, "_SHORT_LINE", 1 << 20)
        short = read_result(data)
        patch.setattr(blank_lines, "_SHORT_LINE", 0)  # no run is shortened
        assert short == read_result(data)


@given(TEXTS, st.integers(1, 300))
def test_chunks_read_what_the_whole_file_reads(text: str, size: int) -> None:
    data = text.encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blank_lines, "_SHORT_LINE", 1 << 20)
        patch.setattr("pipelines.feeds.readers.encoding._BLOCK", 97)
        patch.setattr("pipelines.feeds.readers.delimited.chunks.HEAD", 50)
        rows, rejects, offsets = [], [], []
        expected = read_result(data)
        if isinstance(expected, str):
            return
        for raw in read_chunks(BytesIO(data), SHOWROOM, characters=size):
            numbers = pl.concat([raw.frame["row_number"], raw.rejects["row_number"]]).sort()
            rows += raw.frame.rows()
            rejects += raw.rejects.rows()
            offsets += raw.offsets(numbers).to_list()
        assert (rows, rejects, offsets) == expected


@pytest.mark.parametrize("line", ["\n", "\r\n", "\r", " \t \n", ",,,,,\n"])
def test_long_run_becomes_a_run_that_no_record_can_span(line: str) -> None:
    data = f"{HEADER}\n{GOOD}\n{line * 100_000}{GOOD}\n".encode()
    decoded = decode(data)
    short = shorten_blank_runs(decoded, ",")
    assert len(short.text) < 300
    assert short.text.count("\n\n" * (MAX_RECORD_LINES // 2)) == 1
    at = short.text.rindex("K1")
    assert bytes_before(short, [at]) == [data.rindex(b"K1")]


def test_blank_lines_before_the_header_are_no_header() -> None:
    data = ("\n" * 2_000_000 + f" \n{HEADER}\n{GOOD}\nK2,Honda\n").encode()
    raw = read_delimited(decode(data), SHOWROOM)
    assert (raw.frame["Stock No"].to_list(), raw.rejects["code"].to_list()) == (["K1"], ["ragged_row"])
    assert raw.offsets(raw.rejects["row_number"]).to_list() == [data.index(b"K2")]
    (chunk,) = read_chunks(BytesIO(data), SHOWROOM, characters=1_000)
    assert chunk.frame.equals(raw.frame)
    assert chunk.offsets(chunk.rejects["row_number"]).to_list() == [data.index(b"K2")]
