"""Suggestions where something is missing or measured otherwise: the gap is marked, the unit read or refused."""

import json

import pytest

from pipelines.feeds.mapping.schema import Mapping
from pipelines.feeds.parsing.parse import parse_feed
from pipelines.feeds.suggest.keys import OPEN_KEY
from pipelines.feeds.suggest.suggest import suggest_mapping
from pipelines.feeds.suggest.suggestion import Suggestion

CARS = ("Toyota,Corolla,2015,45 lacs", "Honda,City,2016,42 lacs", "Honda,Fit,2016,25 lacs", "Suzuki,Alto,2021,24 lacs")


def suggested(header: str, *rows: str) -> tuple[Suggestion, bytes]:
    data = "\n".join((header, *rows)).encode()
    return suggest_mapping(data, "x"), data


def numbered(header: str, numbers: list[str]) -> tuple[Suggestion, bytes]:
    return suggested(f"{header},Make,Model,Year,Demand", *map(",".join, zip(numbers, CARS, strict=False)))


def told(found: Suggestion, words: str) -> bool:
    return any(words in note for note in found.notes)


@pytest.mark.parametrize(
    "header", ["price_usd", "Price (USD)", "Price $", "Price AED", "Asking Price GBP", "preis_eur"]
)
def test_foreign_currency_of_a_header_is_refused_and_told(header: str) -> None:
    found, data = suggested(
        f"Stock No,Make,Model,Year,{header}", "K1,Toyota,Corolla,2015,45000", "K2,Honda,City,2016,42000"
    )
    assert parse_feed(data, found.mapping).rejects["code"].to_list() == ["currency_not_supported"] * 2
    assert told(found, "which we do not convert")


@pytest.mark.parametrize("cells", [("$24,995", "15900"), ("45000 AED", "50000 AED"), ("10,499.00 USD", "9000 USD")])
def test_foreign_prices_are_the_price_column_and_bare_ones_beside_them_are_not_rupees(cells: tuple[str, str]) -> None:
    rows = (f'K{place},Toyota,Corolla,2015,"{cell}"' for place, cell in enumerate(cells))
    found, data = suggested("Stock No,Make,Model,Year,price", *rows)
    assert parse_feed(data, found.mapping).rejects["code"].to_list() == ["currency_not_supported"] * 2


@pytest.mark.parametrize(
    ("header", "cell"),
    [
        ("Price (Rs. lacs)", "45.5"), ("price_lacs", "45.5"), ("priceLacs", "45.5"), ("Demand (Lac)", "45.5"),
        ("Price (Cr)", "0.455"), ("Price (M)", "4.55"), ("Price (Mn)", "4.55"), ("Price (k)", "4550"),
        ("PKR", "4550000"), ("Price Lac.", "45.5"), ("PriceInLakhs", "45.5"), ("Rs. in Mn", "4.55"),
        ("In lacs", "45.5"), ("Qeemat (lakh)", "45.5"), ("Qeemat", "4550000"), ("Cash", "4550000"),
        ("Price (PKR '000)", "4550"), ("قیمت", "4550000"),
    ],
)  # fmt: skip
def test_unit_of_a_header_is_read_however_it_is_written(header: str, cell: str) -> None:
    found, data = suggested(f"Stock No,Make,Model,Year,{header}", *(f"K{n},Honda,City,2016,{cell}" for n in range(3)))
    assert set(parse_feed(data, found.mapping).listings["price_pkr"]) == {4_550_000}


@pytest.mark.parametrize("header", ["mileage_miles", "Mileage (miles)", "odometer_mi", "Miles"])
def test_miles_of_a_header_are_read(header: str) -> None:
    found, data = suggested(f"Stock No,Make,Model,Year,Demand,{header}", "K1,Honda,City,2016,42 lacs,1000")
    assert parse_feed(data, found.mapping).listings["mileage_km"].to_list() == [1609]


@pytest.mark.parametrize("header", ["Mileage (000 km)", "KM in thousands"])
def test_mileage_in_thousands_is_not_read_as_kilometres(header: str) -> None:
    found, _ = suggested(f"Stock No,Make,Model,Year,Demand,{header}", "K1,Honda,City,2016,42 lacs,52")
    assert found.unused == (header,)


@pytest.mark.parametrize(
    "header",
    ["Price per month", "Price/Month", "Weekly price", "Landed price", "Auction price", "Sold price", "Buy Price",
     "Loan amount", "Amount paid", "Last Price", "Owner price", "Market price", "Qist price"],
)  # fmt: skip
def test_price_that_no_buyer_is_asked_for_leaves_the_gap_marked(header: str) -> None:
    found, _ = suggested(
        f"Stock No,Make,Model,Year,{header}", "K1,Honda,City,2016,4200000", "K2,Honda,Fit,2016,2500000"
    )
    assert "price" not in found.mapping.columns
    assert told(found, f"{header!r} looks like another price")


def test_columns_that_compete_for_the_price_are_told() -> None:
    found, _ = suggested(
        "Stock No,Make,Model,Year,Price,Demand",
        "K1,Honda,City,2016,4200000,4300000",
        "K2,Honda,Fit,2016,2500000,2600000",
    )
    assert told(found, "could be the price too")


@pytest.mark.parametrize(
    ("header", "numbers"),
    [
        ("S.No", ["1", "2", "3", "4"]), ("Sr No", ["0", "1", "2", "3"]), ("id", ["0", "1", "2", "3"]),
        ("Sr No", ["1", "2", "4", "7"]), ("Sr No", ["101", "102", "103", "104"]), ("Serial", ["1.", "2.", "3.", "4."]),
        ("Sr.", ["01", "02", "03", "04"]), ("#", ["4", "3", "2", "1"]), ("ID", ["1.0", "2.0", "3.0", "4.0"]),
        ("Row", ["1", "2", "3", "4"]), ("نمبر شمار", ["1", "2", "3", "4"]), ("Stock No", ["001", "002", "003", "004"]),
    ],
)  # fmt: skip
def test_counted_rows_are_no_key_without_a_warning(header: str, numbers: list[str]) -> None:
    found, _ = numbered(header, numbers)
    assert found.choices[0].column == header
    assert told(found, "counts the rows")


@pytest.mark.parametrize(
    "numbers", [["1001", "1002", "1003", "1004"], ["17", "4", "9", "230"], ["K1", "K2", "K3", "K4"]]
)
def test_stock_numbers_are_not_taken_for_counted_rows(numbers: list[str]) -> None:
    assert not told(numbered("Stock No", numbers)[0], "counts the rows")


def test_stock_number_of_the_dealer_is_preferred_to_the_number_of_the_chassis() -> None:
    rows = ("NZE161-1234567,S-17,Toyota,Axio,2015,4250000", "KSP130-7654321,S-4,Toyota,Vitz,2016,2950000")
    found, _ = suggested("Chassis No,Stock No,Make,Model,Year,Price", *rows)
    assert found.choices[0].column == "Stock No"


def test_file_without_a_key_gets_all_that_was_understood_with_the_gap_marked() -> None:
    found, data = suggested("Make,Model,Year,Demand", *CARS)
    assert found.mapping.key[0].columns == (OPEN_KEY,)
    assert {"make", "model", "model_year", "price"} <= found.mapping.columns.keys()
    assert told(found, "no column names a car for good")
    with pytest.raises(Exception, match=OPEN_KEY):
        parse_feed(data, found.mapping)


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        (["4.89201E+11", "4.89201E+11", "4.89E+05", "17"], "destroyed by a spreadsheet"),
        (["A", "A", "A", "B"], "rows share a 'Stock No'"),
        (["A", "", "", "B"], "rows have no 'Stock No'"),
    ],
)
def test_faults_of_the_key_are_told_with_the_proposal(numbers: list[str], words: str) -> None:
    found, _ = numbered("Stock No", numbers)
    assert found.choices[0].column == "Stock No"
    assert told(found, words)


@pytest.mark.parametrize("gap", ["Make", "Model", "Year"])
def test_missing_part_of_the_car_is_marked_as_a_gap(gap: str) -> None:
    header = ["Stock No", "Make", "Model", "Year", "Demand"]
    keep = [place for place, name in enumerate(header) if name != gap]
    rows = [",".join(f"K{n},{car}".split(",")[place] for place in keep) for n, car in enumerate(CARS)]
    found, _ = suggested(",".join(header[place] for place in keep), *rows)
    assert told(found, "Name it under [columns]")
    assert "price" in found.mapping.columns


@pytest.mark.parametrize(
    ("header", "live", "gone"),
    [
        ("Sold", "No", "Yes"), ("In Stock", "Yes", "No"), ("In Stock", "3", "0"), ("Is Active", "true", "false"),
        ("deleted", "0", "1"), ("Booked", "N", "Y"), ("action", "UPDATE", "DELETE"), ("Operation", "U", "D"),
        ("change_type", "I", "D"),
        ("Sold On", "", "2026-05-01"), ("deleted_at", "", "2026-05-01T10:00:00Z"),
    ],
)  # fmt: skip
def test_column_that_says_by_yes_and_no_whether_a_car_is_gone_is_obeyed(header: str, live: str, gone: str) -> None:
    found, data = suggested(
        f"Stock No,Make,Model,Year,Demand,{header}",
        f"K1,Honda,City,2016,42 lacs,{live}",
        f"K2,Honda,Fit,2016,25 lacs,{gone}",
    )
    read = parse_feed(data, found.mapping)
    assert read.listings["source_key"].to_list() == ["K1"]
    assert read.rejects["code"].to_list() == ["not_for_sale"]


def test_place_of_one_word_is_a_location() -> None:
    found, data = suggested("Stock No,Make,Model,Year,Demand,Location", "K1,Honda,City,2016,42 lacs,Karachi")
    assert parse_feed(data, found.mapping).listings.select("city", "province").row(0) == ("Karachi", "Sindh")


def test_name_of_the_dealer_is_no_title() -> None:
    found, _ = suggested("Stock No,dealership_name,Make,Model,Year,Price", "K1,Ford of Lahore,Honda,City,2016,4200000")
    assert "title" not in found.mapping.columns
    assert isinstance(found.mapping, Mapping)


@pytest.mark.parametrize(
    "headers",
    [("Photo_front", "photo_rear"), ("Main Photo", "Photo 2"), ("images[0]", "images[1]"), ("Image", "Image"),
     ("1st Photo", "2nd Photo"), ("Photo", "Photo.1"), ("Cover Image", "Gallery"),
     ("image_link", "additional_image_link")],
)  # fmt: skip
def test_all_columns_of_photos_are_read(headers: tuple[str, str]) -> None:
    photos = ("https://a.example/1.jpg", "https://a.example/2.jpg")
    header = ",".join(("Stock No,Make,Model,Year,Demand", *headers, "Dealer Logo Image"))
    found, data = suggested(header, ",".join(("K1,Honda,City,2016,42 lacs", *photos, "https://a.example/logo.png")))
    assert parse_feed(data, found.mapping).listings["photos"].to_list() == [list(photos)]


def test_name_inside_an_object_means_what_the_object_means() -> None:
    car = {
        "id": "a1",
        "make": {"name": "Honda"},
        "model": {"name": "City"},
        "year": 2015,
        "price": {"value": 4_200_000},
    }
    cars = [
        car | {"status": {"name": "Sold"}},
        car | {"id": "a2", "status": {"name": "Live"}, "city": {"name": "Lahore"}},
    ]
    data = json.dumps({"filters": [{"a": 1}] * 9, "stock": cars}).encode()
    read = parse_feed(data, suggest_mapping(data, "x").mapping)
    assert read.listings.select("source_key", "city").rows() == [("a2", "Lahore")]
    assert read.rejects["code"].to_list() == ["not_for_sale"]


def test_single_car_of_xml_is_found_by_the_names_that_a_car_has() -> None:
    photos = "".join(f"<image><url>https://a.example/{n}.jpg</url><position>{n}</position></image>" for n in range(9))
    parts = "<make>Honda</make><model>City</model><year>2015</year><price><value>4200000</value></price>"
    cars = f"<cars><car><ref>A</ref>{parts}<images>{photos}</images></car></cars>"
    data = f"<feed><dealer><name>X</name></dealer>{cars}</feed>"
    mapping = suggest_mapping(data.encode(), "x").mapping
    assert mapping.record == "feed/cars/car"
    assert parse_feed(data.encode(), mapping).listings.select("source_key", "price_pkr").row(0) == ("A", 4_200_000)


def test_currency_beside_a_price_is_read_in_words() -> None:
    found, data = suggested("Stock No,Make,Model,Year,price,currency", "K1,Honda,City,2016,27900,Euro")
    assert parse_feed(data, found.mapping).rejects["code"].to_list() == ["currency_not_supported"]


def test_total_below_the_table_keeps_no_column_from_being_the_key() -> None:
    rows = ("1,K1,Toyota,Corolla,2015,45 lacs", "2,K2,Honda,City,2016,42 lacs", "Total,,,,,87 lacs")
    assert suggested("Sr,Stock No,Make,Model,Year,Demand", *rows)[0].choices[0].column == "Stock No"
