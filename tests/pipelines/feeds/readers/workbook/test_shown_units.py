"""Units shown beside the numbers of a workbook, and cells merged over several cars, count as a person sees them."""

import pytest

from pipelines.feeds.mapping.store import load_mapping
from pipelines.feeds.parsing.parse import parse_feed
from pipelines.feeds.suggest.suggest import suggest_mapping
from tests.factories.workbooks import Cell, ods, xlsx

HEADER: list[Cell] = ["Stock No", "Make", "Model", "Year", "Demand", "Mileage", "Location"]


def car(key: str, price: Cell, mileage: Cell = 85000, make: str = "Toyota") -> list[Cell]:
    return [key, make, "Corolla", 2015, price, mileage, "Lahore"]


def read(data: bytes, mapping: str = "showroom") -> tuple[list[tuple[object, ...]], list[str]]:
    parsed = parse_feed(data, load_mapping(mapping))
    return parsed.listings.select("price_pkr", "mileage_km").rows(), parsed.rejects["code"].to_list()


@pytest.mark.parametrize(
    "code", ["[$USD] #,##0", "[$$-409]#,##0.00", "[$¥-411]#,##0", '#,##0 "AED"', '"$"#,##0', "$#,##0", "[$€-2] #,##0"]
)
def test_price_in_a_format_of_another_currency_is_refused(code: str) -> None:
    """The number alone was read: 24,995 dollars were published as 24,995 rupees."""
    assert read(xlsx({"Stock": [HEADER, car("K1", ("style3", "24995"))]}, formats=[code])) == (
        [],
        ["currency_not_supported"],
    )


@pytest.mark.parametrize("code", ['"PKR" #,##0', "[$₨-420] #,##0", '"Rs." #,##0', "#,##0", "[Red]#,##0;[Blue]-#,##0"])
def test_price_in_a_format_of_rupees_is_read(code: str) -> None:
    data = xlsx({"Stock": [HEADER, car("K1", ("style3", "4500000"))]}, formats=[code])
    assert read(data) == ([(4500000, 85000)], [])


@pytest.mark.parametrize(
    ("code", "value", "price"),
    [('0.0" lacs"', "45.5", 4550000), ('0.00 "Crore"', "1.2", 12000000), ('0\\ "lac"', "45", 4500000)],
)
def test_unit_of_a_format_counts(code: str, value: str, price: int) -> None:
    assert read(xlsx({"Stock": [HEADER, car("K1", ("style3", value))]}, formats=[code])) == ([(price, 85000)], [])


@pytest.mark.parametrize("code", ['0.0,,"million"', '#,##0.00,,\\ "mn"', '[>=1000000]0.0,,"M";0,"thousand"'])
def test_unit_of_a_format_that_divides_the_number_is_none_of_the_number(code: str) -> None:
    """4,500,000 shown as "4.5 million" is no 4,500,000 millions."""
    data = xlsx({"Stock": [HEADER, car("K1", ("style3", "4500000"))]}, formats=[code])
    assert read(data) == ([(4500000, 85000)], [])


@pytest.mark.parametrize("number", [5, 6, 7, 8, 37, 42, 44])
def test_format_of_the_program_without_a_code_is_refused_where_it_may_be_dollars(number: int) -> None:
    """Formats 5 to 8, 42 and 44 show the currency of whoever opens the file: none is stated, so none is guessed."""
    is_currency = number != 37
    data = xlsx({"Stock": [HEADER, car("K1", ("style3", "2499500"))]}, formats={number: None})
    expected = ([], ["currency_not_supported"]) if is_currency else ([(2499500, 85000)], [])
    assert read(data) == expected


@pytest.mark.parametrize(("code", "read_cars"), [('"Rs" #,##0', 1), ("[$-409]#,##0", 1), ("[$$-409]#,##0", 0)])
def test_code_that_the_file_gives_to_a_format_of_the_program_decides(code: str, read_cars: int) -> None:
    data = xlsx({"Stock": [HEADER, car("K1", ("style3", "2499500"))]}, formats={44: code})
    assert len(read(data)[0]) == read_cars


def test_prefix_of_stock_numbers_is_no_unit() -> None:
    rows: list[list[Cell]] = [HEADER, [("style3", "1001"), *car("", 4500000)[1:]]]
    parsed = parse_feed(xlsx({"Stock": rows}, formats=['"CR-"0000']), load_mapping("showroom"))
    assert parsed.listings["source_key"].to_list() == ["1001"]


def test_blank_line_that_begins_a_merged_cell_does_not_carry_an_earlier_one_on() -> None:
    blank: list[Cell] = [""] * len(HEADER)
    rows = [HEADER, car("K1", 4500000), car("K2", 4600000, make=""), blank, car("K3", 4700000, make="")]
    parsed = parse_feed(xlsx({"Stock": rows}, merged=["B2:B3", "B4:B5"]), load_mapping("showroom"))
    assert parsed.listings["source_key"].to_list() == ["K1", "K2"]


def test_miles_of_a_format_count() -> None:
    data = xlsx({"Stock": [HEADER, car("K1", 4500000, ("style3", "52000"))]}, formats=['#,##0 "miles"'])
    assert read(data) == ([(4500000, 83686)], [])


@pytest.mark.parametrize(("currency", "codes"), [("USD", ["currency_not_supported"]), ("PKR", [])])
def test_currency_of_an_ods_cell_counts(currency: str, codes: list[str]) -> None:
    assert read(ods({"Stock": [HEADER, car("K1", (f"currency{currency}", "4500000"))]}))[1] == codes


def test_suggestion_tells_the_currency_of_formats() -> None:
    data = xlsx(
        {"Stock": [HEADER, car("K1", ("style3", "24995")), car("K2", ("style3", "21995"))]}, formats=["[$USD] #,##0"]
    )
    found = suggest_mapping(data, "x")
    assert any("USD" in note for note in found.notes)
    assert parse_feed(data, found.mapping).listings.is_empty()


def test_cell_merged_over_several_cars_stands_in_each() -> None:
    rows: list[list[Cell]] = [
        ["Al-Noor"],
        HEADER,
        car("K1", 4500000),
        car("K2", 4600000, make=""),
        car("K3", 4700000, make=""),
        car("K4", 4800000, make="Honda"),
    ]
    parsed = parse_feed(xlsx({"Stock": rows}, merged=["A1:G1", "B3:B5"]), load_mapping("showroom"))
    assert parsed.listings["make"].to_list() == ["Toyota", "Toyota", "Toyota", "Honda"]


def test_note_below_a_car_whose_cells_are_merged_over_both_lines_is_no_car() -> None:
    """The note took the car's place, without its mileage."""
    note: list[Cell] = ["", "", "", "", "", "", "first owner"]
    data = xlsx({"Stock": [HEADER, car("K1", 4500000), note]}, merged=[f"{column}2:{column}3" for column in "ABCDE"])
    assert read(data) == ([(4500000, 85000)], ["missing_key"])


def test_header_merged_over_two_lines_is_one() -> None:
    upper: list[Cell] = ["Stock No", "Make", "Model", "Year", "Price", "", "City"]
    rows: list[list[Cell]] = [
        upper,
        ["", "", "", "", "Demand", "Bank", ""],
        ["K1", "Toyota", "Corolla", 2015, 4500000, "", "Lahore"],
    ]
    data = xlsx({"Stock": rows}, merged=["A1:A2", "B1:B2", "C1:C2", "D1:D2", "E1:F1", "G1:G2"])
    assert parse_feed(data, load_mapping("showroom")).listings["price_pkr"].to_list() == [4500000]
