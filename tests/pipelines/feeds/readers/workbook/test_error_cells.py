"""A cell whose formula failed is told apart from an empty one, in workbooks as in text."""

from collections.abc import Callable

import pytest

from pipelines.feeds.mapping.store import load_mapping
from pipelines.feeds.parsing.parse import parse_feed
from pipelines.feeds.parsing.result import ParsedFeed
from tests.factories.workbooks import Cell, Sheets, ods, xlsx

HEADER: list[Cell] = ["Stock No", "Make", "Model", "Year", "Demand", "Fuel", "Variant", "Mileage"]


def car(
    key: Cell, fuel: Cell = "Petrol", variant: Cell = "GLi", mileage: Cell = 85000, price: Cell = 45e5
) -> list[Cell]:
    return [key, "Toyota", "Corolla", 2015, price, fuel, variant, mileage]


def text_form(sheets: Sheets) -> bytes:
    rows = [[cell[1] if isinstance(cell, tuple) else str(cell) for cell in row] for row in sheets["Stock"]]
    return "\n".join([*("\t".join(row) for row in rows), ""]).encode()


def told(parsed: ParsedFeed) -> dict[str, tuple[int, int, str]]:
    return {each.column: (each.not_understood, each.filled, each.words[0][0]) for each in parsed.unread}


FORMS = pytest.mark.parametrize("write", [xlsx, ods, text_form])


@FORMS
@pytest.mark.parametrize("error", ["#REF!", "#N/A", "#DIV/0!", "#NAME?"])
def test_key_whose_formula_failed_is_refused_and_may_be_any_car(write: Callable[[Sheets], bytes], error: str) -> None:
    rows: list[list[Cell]] = [["Al-Noor"], [], HEADER, car("K1"), car(("e", error)), car("K3")]
    parsed = parse_feed(write({"Stock": rows[2:] if write is text_form else rows}), load_mapping("showroom"))
    assert parsed.rejects.select("row_number", "code", "value").rows() == [(2, "bad_key", error)]
    assert (parsed.may_lack_cars, parsed.accepted) == (True, 2)
    assert parsed.rejects["byte_offset"].is_null().to_list() == [write is not text_form]


@FORMS
def test_other_cells_whose_formula_failed_count_as_not_understood(write: Callable[[Sheets], bytes]) -> None:
    error: Cell = ("e", "#N/A")
    rows: list[list[Cell]] = [
        HEADER,
        car("K1"),
        car("K2", error),
        car("K3", variant=error, mileage=""),
        car("K4", price=error),
    ]
    parsed = parse_feed(write({"Stock": rows}), load_mapping("showroom"))
    assert told(parsed) == {"Fuel": (1, 4, "#N/A"), "Variant": (1, 4, "#N/A"), "Demand": (1, 4, "#N/A")}
    listings = parsed.listings.sort("row_number")
    assert listings["fuel"].to_list() == ["petrol", None, "petrol", "petrol"]
    assert listings["variant"].to_list() == ["GLi", "GLi", None, "GLi"]
    assert (listings["price_pkr"].null_count(), parsed.rejects.height) == (1, 0)


def test_file_without_errors_tells_none() -> None:
    assert (
        told(parse_feed(xlsx({"Stock": [HEADER, car("K1", variant="", mileage="")]}), load_mapping("showroom"))) == {}
    )


def test_formula_without_a_stored_value_is_no_empty_cell() -> None:
    rows: list[list[Cell]] = [HEADER, car("K1", price=("formula", "A1*2")), car(("formula", "B1")), car("K3", fuel="")]
    parsed = parse_feed(xlsx({"Stock": rows}), load_mapping("showroom"))
    assert told(parsed) == {"Demand": (1, 3, "#VALUE!")}
    assert parsed.rejects["code"].to_list() == ["bad_key"]
