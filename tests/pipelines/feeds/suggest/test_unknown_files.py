"""Suggestions for files whose headers and cells mislead: the right column, or a note that a person must look."""

import json

import pytest

from pipelines.feeds.mapping.store import load_mapping
from pipelines.feeds.parsing.parse import parse_feed
from pipelines.feeds.suggest.suggest import suggest_mapping
from pipelines.feeds.suggest.suggestion import Suggestion


def table(*lines: str) -> bytes:
    return "\n".join(lines).encode()


def chosen(suggestion: Suggestion) -> dict[str, str]:
    return {choice.field: choice.column for choice in suggestion.choices}


@pytest.mark.parametrize(
    "other",
    [
        "Minimum Price", "Reserve Price", "Purchase Price", "Buying price", "Installment Price", "Monthly Instalment",
        "Down Payment", "Old Price", "Token price", "Previous Price", "Floor price", "New Car Price",
    ],
)  # fmt: skip
def test_price_that_is_no_asking_price_is_never_taken(other: str) -> None:
    rows = ("A1,Toyota,Corolla,2015,4000000,4500000", "A2,Honda,City,2016,3800000,4200000")
    assert chosen(suggest_mapping(table(f"Stock No,Make,Model,Year,{other},Asking", *rows), "x"))["price"] == "Asking"
    alone = suggest_mapping(table(f"Stock No,Make,Model,Year,{other},City", *rows), "x")
    assert "price" not in chosen(alone)
    assert any("no column is a price" in note for note in alone.notes)


@pytest.mark.parametrize(
    ("header", "cells", "rupees"),
    [
        ("Price (Million)", ("4.5", "10.5"), [4_500_000, 10_500_000]),
        ("Price (000)", ("4500", "10500"), [4_500_000, 10_500_000]),
        ("Price in Crore", ("0.45", "1.05"), [4_500_000, 10_500_000]),
        ("Demand lacs", ("45", "105"), [4_500_000, 10_500_000]),
        ("Price in thousands", ("4,500", "10500"), [4_500_000, 10_500_000]),
        ("Price", ("45.5", "32"), [4_550_000, 3_200_000]),
        ("Price (Million)", ("4500000", "10.5"), [4_500_000, 10_500_000]),
    ],
)
def test_unit_in_the_header_is_the_unit_of_bare_prices(header: str, cells: tuple[str, str], rupees: list[int]) -> None:
    data = table(
        f"Ref;Make;Model;Year;{header}", f"R1;Toyota;Corolla;2015;{cells[0]}", f"R2;Honda;City;2016;{cells[1]}"
    )
    suggestion = suggest_mapping(data, "x")
    assert parse_feed(data, suggestion.mapping).listings["price_pkr"].to_list() == rupees
    assert any("bare prices are read in" in note for note in suggestion.notes)


def test_prices_that_may_be_crores_among_lakhs_are_told() -> None:
    prices = ("45.5", "32", "1.2", "27.25", "62", "2.35", "48")
    rows = [f"K-{place},Toyota,Corolla,2015,{price}" for place, price in enumerate(prices)]
    notes = suggest_mapping(table("Stock No,Make,Model,Year,Price", *rows), "x").notes
    assert any("1.2, 2.35" in note and "crores" in note for note in notes)


def test_number_of_the_row_is_no_key_where_a_car_has_another() -> None:
    rows = (
        "1,Toyota,Corolla,2015,45 lacs,LEA-123",
        "2,Honda,City,2016,42 lacs,LEB-124",
        "3,Honda,Fit,2016,5 lacs,LEB-9",
    )
    assert suggest_mapping(table("S.No,Make,Model,Year,Demand,Reg", *rows), "x").choices[0].column == "Reg"
    alone = suggest_mapping(table("S.No,Make,Model,Year,Demand", *(row.rpartition(",")[0] for row in rows)), "x")
    assert alone.choices[0].column == "S.No"
    assert any("counts the rows" in note for note in alone.notes)


@pytest.mark.parametrize("header", ["Chassis No", "Frame No", "VIN", "Registration Number", "Plate No"])
def test_number_of_the_chassis_or_plate_is_a_key(header: str) -> None:
    rows = ("NZE161-1234567,Toyota,Axio,2015,4250000", "KSP130-7654321,Toyota,Vitz,2016,2950000")
    assert suggest_mapping(table(f"{header},Maker,Car Name,Year,Price", *rows), "x").choices[0].column == header


@pytest.mark.parametrize(
    "titles", [("2015 Toyota Corolla GLi", "2016 Honda Civic"), ("2015: Suzuki Alto", "1998 - Honda City")]
)
def test_title_that_begins_with_the_year_is_taken_apart(titles: tuple[str, str]) -> None:
    data = table("id,title,price", f"7,{titles[0]},4200000", f"9,{titles[1]},5200000")
    cars = parse_feed(data, suggest_mapping(data, "x").mapping).listings
    assert [f"{title[:4]}" for title in titles] == [str(year) for year in cars["model_year"]]
    assert all(cars["make"].is_in(["Toyota", "Honda", "Suzuki"]))


@pytest.mark.parametrize(
    "names", [("Image 1", "Image 2", "Image 10"), ("photo_1", "photo_2", "photo_3"), ("pic1", "pic2", "pic3")]
)
def test_numbered_columns_of_photos_are_all_taken_by_number(names: tuple[str, ...]) -> None:
    addresses = [f"https://a.example/{place}.jpg" for place in range(3)]
    order = [names[2], names[0], names[1]]
    row = ["K-1", "Toyota", "Corolla", "2015", "45 lacs", *(addresses[names.index(name)] for name in order)]
    again = ["K-2", "Honda", "City", "2016", "46 lacs", addresses[0], "", ""]
    data = table(",".join(["Stock No", "Make", "Model", "Year", "Demand", *order]), ",".join(row), ",".join(again))
    assert parse_feed(data, suggest_mapping(data, "x").mapping).listings["photos"].to_list() == [
        addresses,
        addresses[:1],
    ]


def test_value_and_unit_of_a_nested_odometer_belong_together() -> None:
    cars = [
        {
            "id": 7,
            "make": "Honda",
            "model": "Civic",
            "year": 2015,
            "price": 4_500_000,
            "odometer": {"value": 52_000, "unit": "mi"},
        },
        {
            "id": 8,
            "make": "Honda",
            "model": "City",
            "year": 2016,
            "price": 4_200_000,
            "odometer": {"value": 42_000, "unit": "km"},
        },
    ]
    data = json.dumps({"data": {"vehicles": cars}}).encode()
    assert parse_feed(data, suggest_mapping(data, "x").mapping).listings["mileage_km"].to_list() == [83_686, 42_000]


@pytest.mark.parametrize(
    "above", [("Khan Motors stock list,,,,", "Updated 26/11/2026,,,,"), ("Stock", "", "All prices in PKR"), ()]
)
@pytest.mark.parametrize("mapping", ["showroom", None])
def test_titles_above_the_table_are_passed_over(above: tuple[str, ...], mapping: str | None) -> None:
    data = table(*above, "Stock No,Make,Model,Year,Demand", "K-1,Toyota,Corolla,2015,45 lacs", "K-2,Toyota,Yaris")
    read = parse_feed(data, load_mapping(mapping) if mapping else suggest_mapping(data, "x").mapping)
    assert read.listings.select("source_key", "price_pkr", "row_number").rows() == [("K-1", 4_500_000, 1)]
    assert read.rejects.select("row_number", "code").rows() == [(2, "ragged_row")]


@pytest.mark.parametrize("header", ["DealerId", "Dealer Name", "seller_id", "Showroom"])
def test_one_file_of_many_dealers_keys_on_dealer_and_stock_number(header: str) -> None:
    data = table(
        f"{header},Stock #,VIN,Year,Make,Model,Odometer,Price",
        "D1,100,1HGCM82633A004352,2015,Honda,Civic,52000,4500000",
        "D2,100,1HGCM82633A004353,2016,Toyota,Corolla,42000,4600000",
        "D2,101,1HGCM82633A004354,2017,Toyota,Yaris,32000,3600000",
    )
    suggestion = suggest_mapping(data, "x")
    assert [source.columns for source in suggestion.mapping.key] == [(header,), ("Stock #",)]
    assert any("several dealers share" in note for note in suggestion.notes)
    assert parse_feed(data, suggestion.mapping).keys.to_list() == ["D1-100", "D2-100", "D2-101"]


@pytest.mark.parametrize(
    ("first", "cells"),
    [("DealerId", ("D1", "D1")), ("Branch", ("dha", "main")), ("DealerId", ("D1", ""))],
    ids=["one dealer", "branches of one dealer", "a row without dealer"],
)
def test_stock_numbers_of_one_dealer_are_the_key_alone(first: str, cells: tuple[str, str]) -> None:
    rows = (f"{cells[0]},100,Honda,Civic,2015,4500000", f"{cells[1]},101,Toyota,Yaris,2016,3600000")
    suggestion = suggest_mapping(table(f"{first},Stock #,Make,Model,Year,Price", *rows), "x")
    assert [source.columns for source in suggestion.mapping.key] == [("Stock #",)]


def test_chassis_number_needs_no_dealer_before_it() -> None:
    rows = ("D1,1HGCM82633A004352,Honda,Civic,2015,4500000", "D2,1HGCM82633A004353,Toyota,Yaris,2016,3600000")
    suggestion = suggest_mapping(table("DealerId,Chassis No,Make,Model,Year,Price", *rows), "x")
    assert [source.columns for source in suggestion.mapping.key] == [("Chassis No",)]
    assert any("if they may share a number" in note for note in suggestion.notes)
