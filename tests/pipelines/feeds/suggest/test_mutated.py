"""Small changes to a dealer's sheet publish nothing wrong silently: the right value, or a note, or a reject."""

import pytest

from pipelines.feeds.mapping.store import load_mapping
from pipelines.feeds.parsing.parse import parse_feed
from pipelines.feeds.suggest.suggest import suggest_mapping

CARS = ("K1,Toyota,Corolla,2015", "K2,Honda,Civic,2018", "K3,Suzuki,Alto,2020")


def sheet(header: str, *cells: str) -> bytes:
    rows = [f"{car},{cell}" for car, cell in zip(CARS, cells, strict=False)]
    return "\n".join([f"Stock No,Make,Model,Year,{header}", *rows]).encode()


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("Price in hundred thousand", ("45", "65", "23.5")),
        ("Price Mio", ("4.5", "6.5", "2.35")),
        ("Price PKR 000s", ("4500", "6500", "2350")),
        ("Price (in '000)", ("4500", "6500", "2350")),
        ("Demand in Crores", ("0.45", "0.65", "0.235")),
        ("قیمت (لاکھ)", ("45", "65", "23.5")),
        ("Rate (lacs)", ("45", "65", "23.5")),
        ("Price", ("45 lac", "PKR 6500000/-", "۲۳.۵ لاکھ")),
        ("Bank Price,Demand", ("5200000,45 lac", "7000000,65 lac", "2600000,23.5 lac")),
        ("Kharid,Qist,Demand", ("1,45000,45 lac", "2,65000,65 lac", "3,23000,23.5 lac")),
    ],
)
def test_price_is_read_in_the_unit_of_its_header(header: str, cells: tuple[str, ...]) -> None:
    data = sheet(header, *cells)
    prices = parse_feed(data, suggest_mapping(data, "x").mapping).listings["price_pkr"].to_list()
    assert prices == [4_500_000, 6_500_000, 2_350_000]


@pytest.mark.parametrize("header", ["Mileage x1000", "Mileage (000s)", "KM (in thousands)", "Mileage (000 km)"])
def test_mileage_in_thousands_is_not_read_as_kilometres(header: str) -> None:
    data = sheet(f"{header},Demand", "52,45 lac", "85,65 lac")
    assert parse_feed(data, suggest_mapping(data, "x").mapping).listings["mileage_km"].to_list() == [None, None]


@pytest.mark.parametrize("header", ["Mileage", "Meter (kms)", "Miles"])
def test_small_mileages_are_told(header: str) -> None:
    notes = suggest_mapping(sheet(f"{header},Demand", "52,45 lac", "85,65 lac"), "x").notes
    assert any("thousands" in note and header in note for note in notes)


@pytest.mark.parametrize("cell", ["03001234567", "04235761234"])
def test_telephone_where_the_price_stands_is_no_price(cell: str) -> None:
    """It was published as three billion rupees."""
    assert parse_feed(sheet("Demand", cell), load_mapping("showroom")).rejects["code"].to_list() == [
        "price_not_understood"
    ]


@pytest.mark.parametrize(
    "word",
    [
        "بک چکی ہے",
        "sale hogyi",
        "Deal ho gayi",
        "token aa gaya",
        "Bayana mil gaya",
        "advance aa gaya",
        "بکنگ ہو گئی",
        "gari bik gyi hai",
    ],
)
def test_words_of_roman_urdu_and_urdu_take_a_car_off(word: str) -> None:
    data = sheet("Demand,Status", f"45 lac,{word}")
    assert parse_feed(data, load_mapping("showroom")).rejects["code"].to_list() == ["not_for_sale"]


@pytest.mark.parametrize("word", ["nahi bika", "abhi available", "not sold yet"])
def test_words_for_a_car_that_is_there(word: str) -> None:
    assert parse_feed(sheet("Demand,Status", f"45 lac,{word}"), load_mapping("showroom")).accepted == 1


CAR = "<make>Kia</make><model>Rio</model><year>{year}</year>"


@pytest.mark.parametrize("name", ["cur", "ccy", "currency", "currencyCode"])
def test_currency_of_an_attribute_is_read(name: str) -> None:
    """Dollars were published as rupees."""
    cars = [f'<car id="A{y}">{CAR.format(year=y)}<price {name}="USD">12{y}</price></car>' for y in (2015, 2016)]
    data = f"<stock>{''.join(cars)}</stock>".encode()
    parsed = parse_feed(data, suggest_mapping(data, "x").mapping)
    assert parsed.rejects["code"].to_list() == ["currency_not_supported", "currency_not_supported"]


@pytest.mark.parametrize(
    "buyer", ["<buyer><name>Ali</name></buyer>", "<sold><to>Ali</to></sold>", "<buyer>Ali</buyer>"]
)
def test_buyer_of_an_inner_element_takes_the_car_off(buyer: str) -> None:
    cars = [
        f'<car id="A{y}">{CAR.format(year=y)}<price>4500000</price>{buyer if y == 2015 else ""}</car>'
        for y in (2015, 2016)
    ]
    data = f"<stock>{''.join(cars)}</stock>".encode()
    assert parse_feed(data, suggest_mapping(data, "x").mapping).listings["source_key"].to_list() == ["A2016"]
