"""Reading by columns gives exactly what reading row by row gives, or steps aside."""

from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.errors import RefusedFileError
from pipelines.feeds.mapping.store import load_mapping
from pipelines.feeds.readers.delimited.columnar import read_clean
from pipelines.feeds.readers.delimited.layout import Layout, find_layout
from pipelines.feeds.readers.delimited.reader import read_with_care
from pipelines.feeds.readers.encoding import decode
from pipelines.feeds.readers.unpack import unpack

FEEDS = Path(__file__).parents[4] / "data" / "feeds"
LAYOUT = Layout({"a": (0,), "b": (2,), "photos": (1, 3)}, 4, ",", 1)
PIECE = st.sampled_from(
    ['"', '""', ",", "\n", "\r\n", "\r", " ", "\t", "x", "é", "گاڑی", "\x00", "'", "\\", "\ufeff", "0"]
)
CELL = st.lists(PIECE, max_size=4).map("".join)
PLAIN = st.sampled_from(
    ["", " ", "x", "a b", '"x"', '"x, y"', '"say ""hi"""', "é", "=1+1", '5"', '"x"y', ' "x"', 'a""b']
)


def same(data: bytes, layout: Layout = LAYOUT) -> bool:
    """Whether the fast reader read it; the same as the careful one, then."""
    try:
        decoded = decode(data)
    except RefusedFileError:
        return False
    fast = read_clean(decoded, layout)
    if fast is None:
        return False
    careful = read_with_care(decoded, layout)
    assert careful.rejects.height == 0
    assert fast.rows() == careful.frame.rows()
    assert fast.schema == careful.frame.schema
    return True


@settings(deadline=None, max_examples=300)
@given(st.lists(st.lists(PLAIN, min_size=4, max_size=4), min_size=1, max_size=6), st.sampled_from(["\n", "\r\n"]))
def test_rows_that_look_orderly_are_read_alike(rows: list[list[str]], line_end: str) -> None:
    same(line_end.join(["h,h,h,h", *(",".join(cells) for cells in rows)]).encode())


@settings(deadline=None, max_examples=300)
@given(
    st.lists(st.lists(CELL, min_size=3, max_size=5), min_size=1, max_size=5), st.sampled_from(["\n", "\r\n", "\n\n"])
)
@example([["\ufeffx", "", "", ""]], "\n")  # Arrow would take it for a byte order mark
def test_any_rows_are_read_alike_or_left(rows: list[list[str]], line_end: str) -> None:
    same(line_end.join(["h,h,h,h", *(",".join(cells) for cells in rows), ""]).encode())


@pytest.mark.parametrize("row", ["1,,3,", '"1","2, two","""3""",4', "۱,گاڑی,é,x", "1,2,3,4\r"])
def test_orderly_files_take_the_fast_way(row: str) -> None:
    end = "\n" if not row.endswith("\r") else ""
    assert same(("h,h,h,h" + ("\r\n" if not end else "\n") + (row + "\n") * 3).encode())


@pytest.mark.parametrize(
    "row",
    ["1,2,3", "1,2,3,4,5", ",,,", " , ,\t,", "", '1,2,3,"4', '1,"2\n2",3,4', "1,2,3,\x00", "1\r,2,3,4", "x" * 100_001],
)
def test_what_needs_care_is_left_to_it(row: str) -> None:
    assert read_clean(decode(f"h,h,h,h\n1,2,3,4\n{row}\n1,2,3,4\n".encode()), LAYOUT) is None


def test_the_corpus_is_read_alike() -> None:
    names = ["vauto_bom_crlf.csv", "showroom_packed.csv.gz", "mobilede_latin9.csv", "erepairables_with_header.txt"]
    fast = 0
    for name in [*names, "google_repeated_images.tsv", "ax9_stock.csv", "showroom_utf16_le_bom.csv"]:
        mapping = load_mapping(name.split("_")[0])
        decoded = decode(unpack((FEEDS / name).read_bytes()).data, mapping.code_page)
        layout = find_layout(decoded.text.replace("\r\n", "\n").split("\n"), mapping)
        clean = read_clean(decoded, layout)
        if clean is not None:
            fast += 1
            assert clean.rows() == read_with_care(decoded, layout).frame.rows()
    assert fast >= 5
