"""Reading all clean lines at once gives exactly what reading record by record gives."""

from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import pipelines.feeds.readers.delimited.clean_lines
from core.errors import RefusedFileError
from pipelines.feeds.mapping.store import load_mapping
from pipelines.feeds.readers.delimited.layout import Layout, find_layout
from pipelines.feeds.readers.delimited.reader import lines_of, read_clean_lines, read_record_by_record
from pipelines.feeds.readers.encoding import decode
from pipelines.feeds.readers.limits import UnreadableRecords
from pipelines.feeds.readers.unpack import unpack
from tests.examples import examples

FEEDS = Path(__file__).parents[4] / "data" / "feeds"
CELL = st.text(st.sampled_from(['"', ",", " ", "a", "é", "\x00", "\t", "'", "\\", "#", "\x1a", "\ufeff"]), max_size=4)
QUOTED = CELL.map(lambda cell: '"' + cell.replace('"', '""') + '"')
PLAIN = st.sampled_from(["", " ", "x", '"x"', '"x, y"', '"say ""hi"""', "گاڑی", "=1+1", '5"', '"x"y', ' "x"', 'a""b'])
LINE = st.lists(CELL | QUOTED | PLAIN, max_size=5).map(",".join)
LAYOUT = Layout({"a": (0,), "twice": (1, 2)}, 3, ",", 1)


@pytest.fixture(scope="module", autouse=True)
def _any_length() -> object:
    with pytest.MonkeyPatch.context() as patch:
        yield patch.setattr(pipelines.feeds.readers.delimited.clean_lines, "_FEWEST", 0)


def is_fast(lines: list[str], layout: Layout) -> bool:
    """Whether all clean lines were read at once; with the same result as one by one, then."""
    fast = read_clean_lines("\n".join(lines), layout, UnreadableRecords())
    if fast is None:  # a quote that may run over line ends, or bytes outside the encoding
        return False
    slow = read_record_by_record(lines, layout, UnreadableRecords())[0]
    assert (fast.frame.rows(), fast.frame.schema) == (slow.frame.rows(), slow.frame.schema)
    assert (fast.bad, fast.begins) == (slow.bad, slow.begins)
    return True


@pytest.mark.slow
@settings(max_examples=examples(500), deadline=None)
@given(st.lists(st.just("x,y,z") | LINE, max_size=8))
@example(["\ufeffx,,"])
def test_fast_and_careful_agree(lines: list[str]) -> None:
    if not is_fast(["a,twice,twice", *lines], LAYOUT):
        assert any(line.count('"') % 2 for line in lines)


@pytest.mark.slow
@settings(max_examples=examples(200), deadline=None)
@given(st.lists(LINE, min_size=1, max_size=6), st.sampled_from(["\n", "\r\n", "\n\n", "\r"]))
def test_fast_and_careful_agree_whatever_ends_the_lines(rows: list[str], line_end: str) -> None:
    try:
        decoded = decode(line_end.join(["h,h,h", *rows, ""]).encode())
    except RefusedFileError:
        return
    is_fast(lines_of(decoded.text), LAYOUT)


def test_corpus_is_read_alike() -> None:
    fast = 0
    for path in sorted(FEEDS.glob("[!r]*.[ct]s[v]")):
        mapping = load_mapping(path.name.split("_")[0].removesuffix(".csv"))
        lines = lines_of(decode(unpack(path.read_bytes()).data, mapping.code_page).text)
        fast += is_fast(lines, find_layout(lines, mapping))
    assert fast >= 15


def test_bad_rows_do_not_slow_the_good_ones() -> None:
    lines = ["a,twice,twice", "1,2,3", "1,2", "", 'x,"a""b",c', "1,2,\x00"]
    fast = read_clean_lines("\n".join(lines), LAYOUT, UnreadableRecords())
    assert fast is not None
    assert fast.frame.rows() == [("1", "2\n3", 1), ("x", 'a"b\nc', 3)]
    assert [(number, code) for number, code, _ in fast.bad] == [(2, "ragged_row"), (4, "nul_byte")]
