"""A column that says that cars are gone, and that the mapping does not read, is told at the top."""

import json

import pytest

from pipelines.feeds.mapping.store import load_mapping
from pipelines.feeds.parsing.parse import parse_feed
from pipelines.feeds.parsing.parse_batch import parse_batch
from pipelines.feeds.parsing.result import ParsedFeed

MANY = 1_200
"""Lines of a file that is split all at once."""


def sheet(header: str, cell: str, rows: int = 2) -> bytes:
    cars = (f"K{at},Toyota,Corolla,2015,45 lacs,{cell}" for at in range(rows))
    return "\n".join([f"Stock No,Make,Model,Year,Demand,{header}", *cars]).encode()


def told(parsed: object) -> list[str]:
    assert isinstance(parsed, ParsedFeed)
    return [each.column for each in parsed.unread if each.whole]


@pytest.mark.parametrize("header", ["Sold to", "Qty", "Buyer Name", "Bik gayi", "Token", "is_deleted", "خریدار"])
@pytest.mark.parametrize("rows", [2, MANY])
def test_column_of_gone_cars_that_a_preset_does_not_read_is_told(header: str, rows: int) -> None:
    data = sheet(header, "Ali", rows)
    assert told(parse_feed(data, load_mapping("showroom"))) == [header]
    assert told(parse_batch([data], load_mapping("showroom"))[0]) == [header]


@pytest.mark.parametrize("header", ["Reserve Price", "Purchase Price", "Engine No", "Token Tax", "Owner"])
def test_other_columns_are_not_told(header: str) -> None:
    assert told(parse_feed(sheet(header, "5"), load_mapping("showroom"))) == []


@pytest.mark.parametrize(("value", "columns"), [({"name": "Ali"}, ["buyer"]), (None, []), ("", [])])
def test_name_of_a_json_record_is_told_where_it_holds_anything(value: object, columns: list[str]) -> None:
    car = {"id": "K1", "make": "Kia", "model": "Rio", "year": 2015, "price": 2000000, "buyer": value}
    assert told(parse_feed(json.dumps([car]).encode(), load_mapping("json"))) == columns


@pytest.mark.parametrize(
    ("value", "columns"),
    [
        ({"sale": {"buyer": "Ali"}}, ["sale.buyer"]),
        ({"price": {"amount": 2_000_000, "sold_for": 5}}, ["price.sold_for"]), ({"buyer": {"full": "Ali"}}, ["buyer"]),
        ({"stock": {"qty": 1}}, ["stock"]), ({"mileage": {"value": 5, "units": "km"}}, []),
        ({"sale": {"buyer": ""}}, []),
    ],
)  # fmt: skip
def test_inner_name_of_a_json_record_is_told(value: dict[str, object], columns: list[str]) -> None:
    car = {"id": "K1", "make": "Kia", "model": "Rio", "year": 2015, "price": 2000000} | value
    assert told(parse_feed(json.dumps([car]).encode(), load_mapping("json"))) == columns


@pytest.mark.parametrize(
    ("inside", "columns"),
    [
        ("<buyer>Ali</buyer>", ["buyer"]), ("<sale><soldTo>Ali</soldTo></sale>", ["sale/soldTo"]),
        ("<qty>1</qty>", ["qty"]), ("<buyer><full>Ali</full></buyer>", ["buyer"]),
        ('<sale buyer="Ali"/>', ["sale/@buyer"]), ("<buyer/>", []), ("<sold>no</sold>", []),
        ("<deleted>1</deleted>", ["deleted"]),
        ("<owner>Ali</owner>", []), ('<mileage units="km">5</mileage>', []),
    ],
)  # fmt: skip
@pytest.mark.parametrize("rows", [2, 1_500])
def test_element_of_gone_cars_that_a_preset_does_not_read_is_told(inside: str, columns: list[str], rows: int) -> None:
    """XML told none of them."""
    parts = "<make>Kia</make><model>Rio</model><year>2015</year><price>2000000</price>"
    cars = "".join(f'<car id="K{at}">{parts}{inside}</car>' for at in range(rows))
    data = f"<inventory>{cars}</inventory>".encode()
    mapping = load_mapping("dealer-xml")
    assert told(parse_feed(data, mapping)) == columns
    assert told(parse_batch([data], mapping)[0]) == columns
