"""Cells as spreadsheets, web shops and programs write them."""

import json
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest

from core.clock import market_today
from pipelines.feeds.mapping.store import load_mapping
from pipelines.feeds.normalise.dates import listed_on
from pipelines.feeds.parsing.parse import parse_feed
from pipelines.feeds.parsing.result import ParsedFeed

HEADER = "Stock No,Make,Model,Variant,Year,Demand,Transmission,Fuel,Photos,Location"


def read(**cells: str) -> ParsedFeed:
    row = {
        "Stock No": "K-1", "Make": "Toyota", "Model": "Prado", "Variant": "TX", "Year": "2015", "Demand": "45 lacs",
        "Transmission": "", "Fuel": "", "Photos": "", "Location": "",
    }  # fmt: skip
    row |= {name.replace("_", " "): cell for name, cell in cells.items()}
    text = ",".join(row) + "\n" + ",".join(f'"{cell}"' for cell in row.values())
    return parse_feed(text.encode(), load_mapping("showroom"))


def one(**cells: str) -> dict[str, Any]:
    return read(**cells).listings.row(0, named=True)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Land&nbsp;Rover", "Land Rover"), ("Mercedes&#32;Benz", "Mercedes Benz"), ("Land&#x20;Rover", "Land Rover"),
        ("Land&nosuch;Rover", "Land&nosuch;Rover"),
    ],
)  # fmt: skip
def test_entities_are_the_characters_that_they_stand_for(written: str, meant: str) -> None:
    assert one(Make=written)["make"] == meant
    assert one(Variant="V8 &amp; Sport")["variant"] == "V8 & Sport"
    assert one(Demand="PKR&nbsp;1.2 crore")["price_pkr"] == 12_000_000


def test_address_with_a_query_is_left_as_it_is() -> None:
    address = "https://a.example/1.jpg?a=1&copy=2&lt=3"
    assert one(Photos=address)["photos"] == [address]
    assert one(Photos="https://a.example/1.jpg?a=1&amp;b=2")["photos"] == ["https://a.example/1.jpg?a=1&b=2"]


@pytest.mark.parametrize("error", ["#NAME?", "#REF!", "#VALUE!", "#DIV/0!", "#N/A", "####", "#NULL!"])
def test_error_of_a_spreadsheet_is_no_value(error: str) -> None:
    assert read(Make=error).rejects["code"].to_list() == ["missing_make"]
    assert one(Variant=error)["variant"] is None
    assert one(Location=error)["city"] is None


@pytest.mark.parametrize("key", ["TOTAL", "Total", "Grand Total", "Sub-total", "Page 1 of 3", "sum"])
def test_line_below_the_table_is_no_car(key: str) -> None:
    assert read(Stock_No=key).rejects["code"].to_list() == ["bad_key"]


@pytest.mark.parametrize("city", [{"name": "Lahore"}, {"id": 4, "name": "Lahore"}, ["Lahore"], "Lahore", {"id": 4}, []])
def test_nested_city_is_its_name_or_none(city: object) -> None:
    car = {"id": 1, "make": "Honda", "model": "City", "year": 2015, "price": 4_200_000, "city": city}
    listing = parse_feed(json.dumps([car]).encode(), load_mapping("json")).listings.row(0, named=True)
    assert listing["city"] == ("Lahore" if "Lahore" in str(city) else None)


@pytest.mark.parametrize(
    ("cell", "photos"),
    [
        ("https://a.example/1.jpg;https://a.example/2.jpg", 2), ("https://a.example/1.jpg https://a.example/2.jpg", 2),
        ("https://a.example/1.jpg, https://a.example/2.jpg", 2), ("//a.example/1.jpg | //a.example/2.jpg", 2),
        ("https://a.example/a;b.jpg", 1), ("//a.example/1.jpg", 1),
    ],
)  # fmt: skip
def test_next_address_ends_the_one_before_whatever_stands_between(cell: str, photos: int) -> None:
    found = one(Photos=cell)["photos"]
    assert len(found) == photos
    assert all(address.startswith("https://a.example/") for address in found)


@pytest.mark.parametrize(
    ("gear", "fuel", "meant"),
    [
        ("A", "P", ("automatic", "petrol")), ("M", "D", ("manual", "diesel")), ("a/t", "Pet", ("automatic", "petrol")),
        ("M.", "H", ("manual", "hybrid")), ("آٹومیٹک", "پیٹرول", ("automatic", "petrol")), ("X", "Z", (None, None)),
    ],
)  # fmt: skip
def test_codes_of_gearbox_and_fuel_are_read(gear: str, fuel: str, meant: tuple[str | None, str | None]) -> None:
    car = one(Transmission=gear, Fuel=fuel)
    assert (car["transmission"], car["fuel"]) == meant


@pytest.mark.parametrize(
    "text", ["01-May-26", "01/05/26", "46143", "46143.5", "1 May 26", "May 1, 26", "01.05.26", "2026-05-01"]
)
def test_day_is_read_in_the_forms_of_spreadsheets(text: str) -> None:
    assert listed_on(pl.Series("text", [text]), order="dmy").to_list() == [date(2026, 5, 1)]


def test_day_after_tomorrow_is_no_day_of_an_ad() -> None:
    days = [market_today() + timedelta(days=ahead) for ahead in (0, 1, 2, 30_000)]
    read_back = listed_on(pl.Series("text", [f"{day}" for day in days]), order="dmy").to_list()
    assert read_back == [*days[:2], None, None]
