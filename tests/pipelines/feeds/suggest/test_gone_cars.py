"""A suggested mapping lists no car that some column calls gone, or says which column it does not read."""

import pytest

from pipelines.feeds.mapping.schema import Mapping
from pipelines.feeds.parsing.parse import parse_feed
from pipelines.feeds.suggest.suggest import suggest_mapping

CARS = ("K1,Toyota,Corolla,2015,45 lacs", "K2,Honda,City,2016,42 lacs", "K3,Suzuki,Alto,2019,20 lacs")


def listed(headers: str, *cells: str) -> tuple[list[str], Mapping, str]:
    """Read three cars with more columns by the mapping that is suggested for them."""
    rows = [f"{car},{cell}" for car, cell in zip(CARS, cells, strict=True)]
    data = "\n".join((f"Stock No,Make,Model,Year,Demand,{headers}", *rows)).encode()
    found = suggest_mapping(data, "x")
    notes = " ".join(note for note in found.notes if "takes off" in note)
    return parse_feed(data, found.mapping).listings["source_key"].to_list(), found.mapping, notes


@pytest.mark.parametrize(
    ("headers", "cells"),
    [
        ("Status,Sold", ("Used,Yes", "Used,No", "New,No")),
        ("Status,Is Deleted", ("active,1", "active,0", "active,0")),
        ("Condition,Sold On", ("Used,2026-01-02", "Used,", "New,")),
        ("Sold", ("✓", "", "")),
        ("Sold?", ("✔", "✗", "✗")),
        ("Hold", ("Yes", "No", "No")),
    ],
)
def test_the_column_that_takes_cars_off_is_read(headers: str, cells: tuple[str, ...]) -> None:
    """Beside a status that says "Used" of every car the column "Sold" was left out, and sold cars were published."""
    keys, _, notes = listed(headers, *cells)
    assert (keys, notes) == (["K2", "K3"], "")


@pytest.mark.parametrize(
    ("headers", "cells", "unread"),
    [
        ("Available,Reserved", ("yes,yes", "yes,no", "no,no"), "'Reserved'"),
        ("Sold to", ("Ali", "", ""), "'Sold to'"),
        ("Sold,Status", ("yes,Used", "no,Reserved", "no,Used"), "'Status'"),
    ],
)
def test_second_column_that_takes_cars_off_is_told(headers: str, cells: tuple[str, ...], unread: str) -> None:
    assert unread in listed(headers, *cells)[2]


@pytest.mark.parametrize("headers", ["Colour", "Used", "Reserve Price", "Status"])
def test_other_columns_are_not_told(headers: str) -> None:
    assert listed(headers, "5", "6", "7")[2] == ""


@pytest.mark.parametrize(
    "header", ["Price in dollars", "Price (Dirhams)", "Price (Yen)", "Price ₹", "Price (SGD)", "price_yuan"]
)
def test_foreign_currency_is_refused_by_its_name_and_sign_too(header: str) -> None:
    data = f"Stock No,Make,Model,Year,{header}\nK1,Toyota,Vitz,2015,450000\nK2,Honda,Fit,2016,420000\n".encode()
    assert parse_feed(data, suggest_mapping(data, "x").mapping).listings.height == 0


@pytest.mark.parametrize("cell", ["₹450000", "450000 yen", "45000 riyals", "SGD 45000"])
def test_foreign_currency_of_a_cell_is_refused(cell: str) -> None:
    data = f"Stock No,Make,Model,Year,Price\nK1,Toyota,Vitz,2015,{cell}\nK2,Honda,Fit,2016,{cell}\n".encode()
    assert parse_feed(data, suggest_mapping(data, "x").mapping).listings.height == 0
