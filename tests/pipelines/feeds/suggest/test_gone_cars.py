"""A suggested mapping lists no car that some column calls gone, or says which column it does not read."""

import json

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
    ("headers", "cells"),
    [
        ("Available,Reserved", ("yes,yes", "yes,no", "no,no")),
        ("Sold,Status", ("yes,Used", "no,Reserved", "no,Used")),
        ("Sold to,Qty", ("Ali,1", ",1", ",0")),
        ("Status,Sold to,Token", ("Available,,", "Available,,", "Available,,50000")),
    ],
)
def test_each_column_that_takes_cars_off_is_obeyed(headers: str, cells: tuple[str, ...]) -> None:
    """Only one of them was read; the others were told, and their cars published."""
    expected = {"Available,Reserved": ["K2"], "Sold,Status": ["K3"], "Sold to,Qty": ["K2"]}.get(headers, ["K1", "K2"])
    assert listed(headers, *cells)[0] == expected


@pytest.mark.parametrize(
    "header",
    ["Qty", "Stock Qty", "Units", "Remaining", "Bestand", "تعداد", "In stock", "Quantity available"],
)
def test_car_of_which_none_is_left_is_gone(header: str) -> None:
    assert listed(header, "1", "0", "2")[0] == ["K1", "K3"]


@pytest.mark.parametrize("none", ["-", "--", "nil", "NONE", " none ", "zero", "Nil", "–", "صفر"])
@pytest.mark.parametrize("header", ["Qty", "In stock", "Available units"])
def test_car_of_which_a_word_says_that_none_is_left_is_gone(header: str, none: str) -> None:
    """A dash counted as an empty cell, and the car was listed."""
    assert listed(header, "1", none, "")[0] == ["K1", "K3"]


@pytest.mark.parametrize("unknown", ["n/a", "?", "unknown", "null"])
def test_count_that_is_not_known_takes_no_car_off(unknown: str) -> None:
    assert listed("Qty", "1", unknown, "2")[0] == ["K1", "K2", "K3"]


def test_column_that_nobody_counts_in_is_told_and_not_obeyed() -> None:
    keys, _, notes = listed("Qty", "-", "-", "-")
    assert (keys, "'Qty'" in notes) == (["K1", "K2", "K3"], True)


@pytest.mark.parametrize(
    ("header", "cell"),
    [
        ("Buyer", "Ali Khan"),
        ("Buyer's Name", "New Asia Motors"),
        ("Buyer CNIC No", "yes"),
        ("Sold to", "M/s Noor"),
        ("Purchaser", "Ali"),
        ("Sold date", "01-05-2026"),
        ("Sale Date", "2026-05-01"),
        ("Delivery date", "1 May 2026"),
        ("Sold price", "4400000"),
        ("Sold by", "Kamran"),
        ("Customer", "Ali"),
        ("Token", "Rs. 50000"),
        ("Bayana", "haan"),
        ("Booked by", "Ali"),
        ("Bik gayi", "haan"),
        ("Bika", "✓"),
        ("Farokht", "jee haan"),
        ("Out of stock", "1"),
        ("خریدار", "علی"),
        ("Kharidar", "Ali"),
        ("sold_to", "Ali"),
        ("soldDate", "2026-05-01"),
        ("Remarks", "SOLD"),
        ("Notes", "Sold to Ali"),
        ("Notes", "Sold on 3 May"),
        ("Notes", "sold 3/5/2026"),
        ("Notes", "Reserved for Ali"),
        ("Comments", "booked - token paid"),
        ("Title", "SOLD - Honda City 2016"),
    ],
)
def test_car_for_which_a_buyer_or_a_sale_is_named_is_gone(header: str, cell: str) -> None:
    assert listed(header, "", cell, "")[0] == ["K1", "K3"]


@pytest.mark.parametrize(
    ("header", "cell"),
    [
        ("Buyer", "no buyer yet"),
        ("Token", "0"),
        ("Sold price", "0.00"),
        ("Notes", "Sold as is"),
        ("Notes", "Booked in 2015"),
        ("Notes", "never sold"),
        ("Notes", "sold-as-seen"),
        ("Notes", "SOLD - as is where is"),
        ("Notes", "Sold: no"),
        ("Notes", "Booked / reserved: none"),
        ("Notes", "Booked 2015 - delivered 2016"),
        ("Notes", "Booked on my name"),
        ("Notes", "Sold to the first owner in 2015"),
        ("Notes", "Sold on installments"),
        ("Notes", "Reserved for serious buyers"),
        ("Notes", '"Booked, registered and driven by one owner"'),
        ("Notes", "Booked - registered in 2016"),
        ("Notes", '"Sold, serviced and maintained by Toyota"'),
        ("Notes", "sold with warranty"),
        ("Notes", "Sold / with 1 year warranty"),
        ("Notes", "deposit not required"),
        ("Notes", "no token taken"),
        ("Notes", '"token money 50,000 only"'),
        ("Remarks", "Deposit not required"),
        ("Token", "not required"),
        ("Token", "no token taken"),
        ("Token", "token nahi liya"),
        ("Deposit", "Deposit not required"),
        ("Deposit", "zero deposit"),
        ("Buyer", "buyer wanted"),
        ("Buyer", "koi nahi"),
        ("Buyer", "TBD"),
        ("Buyer", "Nobody"),
        ("Delivery date", "immediate"),
        ("Sale Date", "00-01-1900"),
        ("Sold on", "0000-00-00"),
        ("Sold date", "01/01/1900"),
    ],
)
def test_car_without_a_buyer_stays(header: str, cell: str) -> None:
    assert listed(header, "", cell, "")[0] == ["K1", "K2", "K3"]


def test_column_by_which_every_car_has_a_buyer_is_told_and_not_obeyed() -> None:
    keys, _, notes = listed("Customer", "Ali", "Khan", "Noor")
    assert (keys, "'Customer'" in notes) == (["K1", "K2", "K3"], True)


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("Deposit", ("50000", "", "60000")),
        ("Sold by", ("Khan Motors", "Ali Autos", "")),
        ("Qty", ("12", "0", "22")),
        ("Stock", ("1045", "0", "1047")),
    ],
)
def test_column_that_would_take_most_cars_off_or_counts_something_else_is_told_and_not_obeyed(
    header: str, cells: tuple[str, ...]
) -> None:
    keys, _, notes = listed(header, *cells)
    assert (keys, repr(header) in notes) == (["K1", "K2", "K3"], True)


@pytest.mark.parametrize("header", ["Invoice No", "Invoice #", "Receipt", "receipt_no", "Bill No", "Gate Pass No"])
def test_paper_of_a_sale_that_few_cars_have_is_told(header: str) -> None:
    assert repr(header) in listed(header, "", "INV-17", "")[2]
    assert listed(header, "INV-15", "INV-17", "INV-21")[2] == ""


def test_cells_that_name_nobody_are_no_buyers() -> None:
    assert listed("Buyer", "none", "-", "Ali")[0] == ["K1", "K2"]


def test_no_buyer_is_shown() -> None:
    data = b"Stock No,Make,Model,Year,Demand,Buyer\nK1,Kia,Rio,2015,45 lacs,Ali Khan\nK2,Kia,Rio,2016,45 lacs,\n"
    found = suggest_mapping(data, "x")
    assert parse_feed(data, found.mapping).rejects["value"].to_list() == ["[Buyer]"]
    assert next(each.examples for each in found.choices if each.field == "availability") == ()


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


@pytest.mark.parametrize("cells", [("8", "0", "5"), ("3", "4", "0"), ("۸", "۰", "۵"), ("0", "2", "9")])
def test_counts_of_more_than_one_are_no_cars_and_are_told(cells: tuple[str, ...]) -> None:
    """Photos were counted under "Qty", and the car that had none was taken off."""
    keys, _, notes = listed("Qty", *cells)
    assert (keys, "'Qty'" in notes) == (["K1", "K2", "K3"], True)


@pytest.mark.parametrize("above", ["photos", "Images", "media", "keys", "seats", "owners"])
def test_count_of_parts_of_a_car_takes_none_off(above: str) -> None:
    cars = [
        {
            "stock": car[:2],
            "make": "Toyota",
            "model": "Yaris",
            "year": 2015 + at,
            "price": "45 lacs",
            above: {"qty": at},
        }
        for at, car in enumerate(CARS)
    ]
    data = json.dumps(cars).encode()
    found = suggest_mapping(data, "x")
    assert len(parse_feed(data, found.mapping).listings) == len(CARS)
    assert not any("qty" in note for note in found.notes)


def test_count_of_the_stock_in_a_path_takes_cars_off() -> None:
    cars = [
        {
            "stock_no": car[:2],
            "make": "Toyota",
            "model": "Yaris",
            "year": 2015,
            "price": "45 lacs",
            "stock": {"qty": at},
        }
        for at, car in enumerate(CARS)
    ]
    data = json.dumps(cars).encode()
    read = parse_feed(data, suggest_mapping(data, "x").mapping)
    assert read.listings["source_key"].to_list() == ["K2", "K3"]
