"""Sheets of a workbook that are left out of the list are told, and those that may be stock hold removals."""

import pytest

from core.errors import RefusedFileError
from pipelines.feeds.mapping.store import load_mapping
from pipelines.feeds.parsing.parse import parse_feed
from pipelines.feeds.parsing.parse_batch import parse_batch
from pipelines.feeds.parsing.result import ParsedFeed
from pipelines.feeds.readers.workbook.tables import HIDDEN, LIKE_STOCK, NAMED, OTHER_COLUMNS
from pipelines.feeds.suggest.suggest import suggest_mapping
from pipelines.feeds.unread_columns import SHEET_REASONS, unread_of
from tests.factories.workbooks import Cell, xlsx

HEADER: list[Cell] = ["Stock No", "Make", "Model", "Year", "Demand"]
SPELLED: list[Cell] = ["stock no.", " MAKE", "Model ", "Year:", "Demand"]
Rows = list[list[Cell]]


def cars(*keys: str) -> Rows:
    return [[key, "Toyota", "Corolla", 2015, 4_500_000] for key in keys]


def parsed(sheets: dict[str, Rows], hidden: tuple[str, ...] = ()) -> ParsedFeed:
    return parse_feed(xlsx(sheets, hidden=hidden), load_mapping("showroom"))


STOCK: dict[str, Rows] = {"Stock": [HEADER, *cars("K1", "K2", "K3")]}


@pytest.mark.parametrize(
    ("name", "rows", "why", "holds"),
    [
        ("Draft", [HEADER, *cars("D1", "D2")], HIDDEN, False),
        ("Sold 2024", [HEADER, *cars("S1", "S2")], NAMED, False),
        ("Notes", [["call Ali"], ["wash"]], OTHER_COLUMNS, False),
        ("Karachi", [[*HEADER, "Keys"], *cars("L1", "L2")], LIKE_STOCK, True),
    ],
)
def test_sheet_that_is_left_out_is_told_with_its_rows(name: str, rows: Rows, why: str, holds: bool) -> None:
    found = parsed(STOCK | {name: rows}, hidden=("Draft",))
    assert (found.rows_read, found.may_lack_cars) == (3, holds)
    [told] = found.unread
    assert (told.column, told.field, told.filled, told.not_understood) == (name, "sheet", 2, 2)
    assert told.words == ((SHEET_REASONS[why], 2),)
    assert name in told.sentence
    assert SHEET_REASONS[why] in told.sentence
    assert unread_of([told.as_json()]) == (told,)
    assert suggest_mapping(xlsx(STOCK | {name: rows}, hidden=("Draft",)), "x").notes.count(told.sentence) == 1


def test_batch_tells_the_same_as_one_by_one() -> None:
    data = xlsx(STOCK | {"Karachi": [[*HEADER[:4], "Price"], *cars("L1")]})
    [found] = parse_batch([data], load_mapping("showroom"))
    assert isinstance(found, ParsedFeed)
    assert found.unread == parse_feed(data, load_mapping("showroom")).unread != ()
    assert found.may_lack_cars


def test_sheets_without_rows_or_joined_to_the_list_are_not_told() -> None:
    found = parsed(
        STOCK | {"Blank": [], "Next": [HEADER], "Lahore": [HEADER, *cars("L1")], "B": [SPELLED, *cars("B1")]}
    )
    assert (found.rows_read, found.unread, found.may_lack_cars) == (5, (), False)


def test_cars_that_are_sold_are_no_stock_where_the_stock_is_empty() -> None:
    with pytest.raises(RefusedFileError) as caught:
        parsed({"Stock": [HEADER], "Sold 2024": [HEADER, *cars("S1")]})
    assert caught.value.code == "no_rows"


def test_contact_in_the_name_of_a_sheet_is_masked() -> None:
    assert [each.column for each in parsed(STOCK | {"Ali 0300 1234567": [["x"]]}).unread] == ["Ali [phone]"]
