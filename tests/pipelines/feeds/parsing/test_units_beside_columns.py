"""A unit that stands beside a number - on a line below the header, in an attribute, in an object - is read."""

import json
from functools import partial
from io import BytesIO

import pytest

from pipelines.feeds.mapping.store import load_mapping
from pipelines.feeds.parsing.parse import parse_feed
from pipelines.feeds.parsing.parse_chunked import parse_chunks
from pipelines.feeds.readers.chunks import read_chunks
from pipelines.feeds.suggest.suggest import suggest_mapping


@pytest.mark.parametrize(
    ("below", "mileage", "price"),
    [
        (",,,,(mi),", 83_686, 4_500_000), (",,,,miles,", 83_686, 4_500_000), (",,,,(km),(PKR)", 52_000, 4_500_000),
        (",,,(yyyy),mi,Rs.", 83_686, 4_500_000),
    ],
)  # fmt: skip
def test_line_of_units_below_the_header_is_obeyed_under_a_preset(below: str, mileage: int, price: int) -> None:
    """Miles were read as kilometres."""
    data = f"Stock No,Make,Model,Year,Mileage,Demand\n{below}\nK1,Kia,Rio,2015,52000,4500000\n".encode()
    showroom = load_mapping("showroom")
    for parsed in (parse_feed(data, showroom), parse_chunks(partial(read_chunks, BytesIO(data), showroom), showroom)):
        assert parsed.listings.select("mileage_km", "price_pkr").row(0) == (mileage, price)


@pytest.mark.parametrize(
    ("unit", "outcome"), [("(Rs. Lacs)", 4_500_000), ("(Crore)", 450_000_000), ("(USD)", "currency_not_supported")]
)
def test_unit_of_prices_below_the_header_is_obeyed_under_a_preset(unit: str, outcome: int | str) -> None:
    data = f"Stock No,Make,Model,Year,Demand\n,,,,{unit}\nK1,Kia,Rio,2015,45\nK2,Kia,Rio,2015,Call\n".encode()
    parsed = parse_feed(data, load_mapping("showroom"))
    found = [*parsed.rejects["code"], *parsed.listings.filter(source_key="K1")["price_pkr"]]
    assert found == [outcome]


CAR = {"id": "K1", "make": "Kia", "model": "Rio", "year": 2015}


def xml(price: str) -> bytes:
    car = f'<car id="K1"><make>Kia</make><model>Rio</model><year>2015</year>{price}</car>'
    return f"<inventory>{car}{car.replace('K1', 'K2')}</inventory>".encode()


FILES = {
    "dealer-xml": xml('<price unit="UNIT">45</price>'),
    "json": json.dumps([CAR | {"id": key, "price": {"amount": 45, "unit": "UNIT"}} for key in ("K1", "K2")]).encode(),
}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(
    ("unit", "outcome"),
    [
        ("lac", 4_500_000), ("Lacs", 4_500_000), ("crore", 450_000_000), ("million", 45_000_000), ("thousand", 45_000),
        ("Rs. lac", 4_500_000), ("USD", "currency_not_supported"), ("dozen", "price_not_understood"),
    ],
)  # fmt: skip
def test_unit_in_an_attribute_or_an_object_is_read(name: str, unit: str, outcome: int | str) -> None:
    """It was only inferred from small numbers."""
    parsed = parse_feed(FILES[name].replace(b"UNIT", unit.encode()), load_mapping(name))
    assert [*parsed.rejects["code"], *parsed.listings["price_pkr"]] == [outcome] * 2


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(("unit", "price"), [("lac", 4_500_000), ("crore", 450_000_000)])
def test_unit_in_an_attribute_or_an_object_is_proposed(name: str, unit: str, price: int) -> None:
    data = FILES[name].replace(b"UNIT", unit.encode())
    found = suggest_mapping(data, "x")
    assert parse_feed(data, found.mapping).listings["price_pkr"].to_list() == [price] * 2
