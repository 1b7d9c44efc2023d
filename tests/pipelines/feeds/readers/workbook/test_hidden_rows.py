"""Rows that a dealer does not see are read, and told with their number."""

import zipfile
from io import BytesIO

import pytest

from pipelines.feeds.mapping.store import load_mapping
from pipelines.feeds.parsing.parse import parse_feed
from pipelines.feeds.suggest.suggest import suggest_mapping
from pipelines.feeds.unread_columns import unread_of
from tests.factories.workbooks import Cell, ods, xlsx

ROWS: list[list[Cell]] = [["Stock No", "Make", "Model", "Year", "Demand"]] + [
    [f"K{at}", "Toyota", "Corolla", 2015, 4_500_000] for at in range(4)
]


def with_hidden(book: bytes, part: str, row: bytes, hidden: bytes, places: tuple[int, ...]) -> bytes:
    """Hide the rows at these places of a workbook's one sheet."""
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(book)) as read, zipfile.ZipFile(out, "w") as write:
        for name in read.namelist():
            data = read.read(name)
            if name == part:
                first, *rows = data.split(row + b">")
                marks = (hidden if at in places else b"" for at in range(len(rows)))
                data = first + b"".join(row + mark + b">" + rest for mark, rest in zip(marks, rows, strict=True))
            write.writestr(name, data)
    return out.getvalue()


XLSX = ("xl/worksheets/sheet1.xml", b"<row", b' hidden="1"')
ODS = ("content.xml", b"<table:table-row", b' table:visibility="filter"')


@pytest.mark.parametrize(("write", "form"), [(xlsx, XLSX), (ods, ODS)], ids=["xlsx", "ods"])
@pytest.mark.parametrize("places", [(2, 4), (1,), ()])
def test_hidden_rows_are_read_and_told(write: type, form: tuple[str, bytes, bytes], places: tuple[int, ...]) -> None:
    data = with_hidden(write({"Stock": [*ROWS, []]}), *form, (*places, 5))  # the last row is blank
    parsed = parse_feed(data, load_mapping("showroom"))
    assert (parsed.rows_read, parsed.may_lack_cars) == (4, False)
    told = [(each.column, each.field, each.filled, each.whole) for each in parsed.unread]
    assert told == ([("Stock", "hidden_rows", len(places), True)] if places else [])
    assert unread_of([each.as_json() for each in parsed.unread]) == parsed.unread
    sentences = [each.sentence for each in parsed.unread]
    assert [note for note in suggest_mapping(data, "x").notes if "hidden rows" in note] == sentences
