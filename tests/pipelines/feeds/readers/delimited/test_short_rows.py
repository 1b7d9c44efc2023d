"""Rows whose empty cells at the end were left out are read; halves of rows are not."""

import pytest

from pipelines.feeds.mapping.store import load_mapping
from pipelines.feeds.parsing.parse import parse_feed

HEADER = "Stock No,Make,Model,Year,Demand,Colour,Location,Photos"
WHOLE = "K9,Honda,City,2016,42 lacs,White,Lahore,https://a.example/1.jpg"


def outcome(*rows: str, header: str = HEADER) -> dict[str, str]:
    read = parse_feed("\n".join((header, *rows)).encode(), load_mapping("showroom"))
    rejects = {str(number): code for number, code in read.rejects.select("row_number", "code").iter_rows()}
    return {str(number): "read" for number in read.listings["row_number"]} | rejects


@pytest.mark.parametrize("more", [0, 1200], ids=["one by one", "all at once"])
def test_empty_cells_at_the_end_may_be_left_out(more: int) -> None:
    short = ("K1,Toyota,Corolla,2015,45 lacs", "K2,Honda,City,2016,42 lacs,White", WHOLE)
    found = outcome(*short, *(WHOLE.replace("K9", f"L{n}") for n in range(more)), "K3,Toyota,Corolla,2015,45 lacs")
    assert set(found.values()) == {"read"}
    assert len(found) == more + 4


def test_row_without_its_price_is_not_padded() -> None:
    assert outcome("K1,Toyota,Corolla,2015", WHOLE) == {"1": "ragged_row", "2": "read"}


def test_half_of_a_row_that_a_line_break_cut_is_not_read() -> None:
    assert outcome("K1,Toyota,Corolla,2015,45 lacs,White,DHA", "Lahore,https://a.example/1.jpg", WHOLE) == {
        "1": "ragged_row", "2": "ragged_row", "3": "read",
    }  # fmt: skip


def test_row_that_ends_before_the_audience_is_not_read_as_public() -> None:
    header = "Stock No,Make,Model,Year,Demand,Colour,Show To"
    assert outcome("K1,Toyota,Corolla,2015,45 lacs", "K2,Honda,City,2016,42 lacs,White,own staff", header=header) == {
        "1": "ragged_row", "2": "read",
    }  # fmt: skip


def test_names_with_line_breaks_are_a_header() -> None:
    data = b'Stock No,Make,Model,Year,"Demand\r\n",City\r\nK1,Toyota,Corolla,2015,45 lacs,Lahore\r\n'
    assert parse_feed(data, load_mapping("showroom")).listings["price_pkr"].to_list() == [4_500_000]
