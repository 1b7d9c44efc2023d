"""The fast way through a delimited file tells exactly what the careful way tells."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pipelines.feeds.readers.delimited.clean_lines
from pipelines.feeds.readers.delimited.layout import Layout
from pipelines.feeds.readers.delimited.reader import read_carefully, read_clean_lines

CELL = st.text(st.sampled_from(['"', ",", " ", "a", "é", "\x00", "\t", "'", "\\", "#", "\x1a"]), max_size=4)
QUOTED = CELL.map(lambda cell: '"' + cell.replace('"', '""') + '"')
LINE = st.lists(CELL | QUOTED | st.just("plain"), max_size=5).map(",".join)
LAYOUT = Layout({"a": (0,), "twice": (1, 2)}, 3, ",", 1)


@pytest.fixture(scope="module", autouse=True)
def _any_length() -> object:
    with pytest.MonkeyPatch.context() as patch:
        yield patch.setattr(pipelines.feeds.readers.delimited.clean_lines, "_FEWEST", 0)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.just("x,y,z") | LINE, max_size=8))
def test_fast_and_careful_agree(lines: list[str]) -> None:
    lines = ["a,twice,twice", *lines]
    fast = read_clean_lines(lines, LAYOUT)
    if fast is None:  # a quote that may run over line ends
        assert any(line.count('"') % 2 for line in lines)
        return
    frame, bad, begins = read_carefully(lines, LAYOUT)[0]
    assert (fast[0].rows(), fast[0].schema, fast[1], fast[2]) == (frame.rows(), frame.schema, bad, begins)


def test_bad_rows_do_not_slow_the_good_ones() -> None:
    fast = read_clean_lines(["a,twice,twice", "1,2,3", "1,2", "", 'x,"a""b",c', "1,2,\x00"], LAYOUT)
    assert fast is not None
    assert fast[0].rows() == [("1", "2\n3", 1), ("x", 'a"b\nc', 3)]
    assert [(number, code) for number, code, _ in fast[1]] == [(2, "ragged_row"), (4, "nul_byte")]
