"""Lines around the header are understood: titles, groups, a second line, units, and the header once more."""

import pytest

from pipelines.feeds.mapping.store import load_mapping
from pipelines.feeds.parsing.parse import parse_feed
from pipelines.feeds.suggest.suggest import suggest_mapping
from tests.factories.workbooks import ods, xlsx

HEADER = "Stock No,Make,Model,Year,Price,Mileage,City"
CARS = ("K1,Toyota,Corolla,2015,4500000,85000,Lahore", "K2,Honda,Civic,2018,6500000,60000,Karachi")
IN_LACS = ("K1,Toyota,Corolla,2015,45,85000,Lahore", "K2,Honda,Civic,2018,65,60000,Karachi")
PLAIN = [("K1", 4500000, 85000), ("K2", 6500000, 60000)]
SHEETS = {
    "groups": ("Vehicle,,,,Price,,Place", HEADER, *CARS),
    "titles": ("KHAN MOTORS", "Stock of 5 May 2026,,,,,,", "", HEADER, *CARS),
    "group and title": ("Khan Motors", "Vehicle,,,,Commercial,,Place", HEADER, *CARS),
    "units": (HEADER, ",,,,PKR,km,", *CARS),
    "units and dashes": (HEADER, "-,-,-,-,(Rs),(km),-", *CARS),
    "units of lacs": (HEADER, ",,,,(Rs. Lacs),(km),", *IN_LACS),
    "unit in words": (HEADER, ",,,,In Lacs,,", *IN_LACS),
    "second line": ("Stock,Make,Model,Model,Price,Mileage,City", "No,,Name,Year,(PKR),,", *CARS),
    "second line below gaps": ("Stock,Make,Model,,Price,Mileage,City", "No,,,Year,,,", *CARS),
    "cash and instalment": (
        "Stock No,Make,Model,Year,Price,Price,Mileage",
        ",,,,Cash,Instalment,",
        "K1,Toyota,Corolla,2015,4500000,95000,85000",
        "K2,Honda,Civic,2018,6500000,99000,60000",
    ),
    "group over cash": (
        "Vehicle,,,,Price,,Other",
        "Stock No,Make,Model,Year,Cash,Instalment,Mileage",
        "K1,Toyota,Corolla,2015,4500000,95000,85000",
        "K2,Honda,Civic,2018,6500000,99000,60000",
    ),
    "header again": (HEADER, CARS[0], HEADER, CARS[1], HEADER),
}


def cells(sheet: str) -> list[list[str | int]]:
    rows = [line.split(",") for line in SHEETS[sheet]]
    return [[int(cell) if cell.isdecimal() else cell for cell in row] for row in rows]


def published(data: bytes, mapping: str | None = None) -> list[tuple[object, ...]]:
    by = load_mapping(mapping) if mapping else suggest_mapping(data, "x").mapping
    parsed = parse_feed(data, by)
    assert parsed.rejects.rows() == []
    return parsed.listings.select("source_key", "price_pkr", "mileage_km").rows()


@pytest.mark.parametrize("sheet", SHEETS)
def test_lines_around_the_header_of_text(sheet: str) -> None:
    assert published("\n".join(SHEETS[sheet]).encode()) == PLAIN


@pytest.mark.parametrize("sheet", SHEETS)
@pytest.mark.parametrize("write", [xlsx, ods])
def test_lines_around_the_header_of_a_workbook(write: type, sheet: str) -> None:
    assert published(write({"Stock": cells(sheet)})) == PLAIN


@pytest.mark.parametrize("sheet", ["groups", "titles", "units", "second line below gaps", "header again"])
def test_lines_around_the_header_under_a_preset(sheet: str) -> None:
    text = "\n".join(SHEETS[sheet])
    assert published(text.encode(), "showroom") == PLAIN


def test_header_again_is_passed_over_where_lines_are_split_all_at_once() -> None:
    cars = [f"K{at},Toyota,Corolla,2015,4500000,85000,Lahore" for at in range(1_200)]
    data = "\n".join([HEADER, *cars[:700], HEADER, *cars[700:]]).encode()
    parsed = parse_feed(data, load_mapping("showroom"))
    assert (parsed.rows_read, parsed.accepted) == (1_200, 1_200)


def test_unit_of_miles_below_the_header_is_read() -> None:
    data = "\n".join((HEADER, ",,,,,(miles),", *CARS)).encode()
    assert suggest_mapping(data, "x").mapping.mileage_unit == "mi"


@pytest.mark.parametrize("below", ["TOYOTA,,,,,,", "Imported cars,,,,,,"])
def test_name_of_a_section_is_no_second_line(below: str) -> None:
    data = "\n".join((HEADER, below, *CARS)).encode()
    assert suggest_mapping(data, "x").mapping.key[0].columns == ("Stock No",)
