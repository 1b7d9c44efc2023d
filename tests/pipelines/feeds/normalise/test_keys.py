"""Stock numbers that came through a spreadsheet: the same car as before, or no car."""

import json

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipelines.feeds.mapping.store import load_mapping
from pipelines.feeds.normalise.keys import clean_key, clean_keys
from pipelines.feeds.parsing.parse import parse_feed


@pytest.mark.parametrize(("key", "texts"), [
    ("1001", ["1001", "1001.0", "1001.00", "1001,0", '="1001"', "'1001", "’1001", "''1001", " 1001\u00a0", "１００１",
              "۱۰۰۱", "١٠٠١", "=1001", '"1001"', "1,001", "1001.0 "]),
    ("00123", ["00123", '="00123"', "'00123", "'00123'", "００１２３", '=""00123""']),
    ("489201", ["489201", "489,201", "4,89,201", "489201.0000"]),
    ("AB-12 C", ["AB-12 C", "AB-12\u00a0C", "ＡＢ-１２ C", "'AB-12 C"]),
    ("K1.5", ["K1.5"]), ("1.5", ["1.5"]), ("1.000", ["1.000"]), ("12E34", ["12E34"]), ("12-MAR", ["12-MAR"]), ("#12",
    ["#12"]),
    ("2026-03-12", ["2026-03-12"]), ("https://x.example/1,0", ["https://x.example/1,0"]), ("-5", ["-5", "-5.0"]),
])  # fmt: skip
def test_rewritten_key_is_the_key_that_it_was(key: str, texts: list[str]) -> None:
    assert {text: clean_key(text) for text in texts} == dict.fromkeys(texts, key)


@pytest.mark.parametrize("text", [
    "4.89E+11", "4.89201E+11", "4.89201e+11", "4,89E+11", "1E+12", "5E-05", "#REF!", "#NAME?", "#N/A", "#BEZUG!",
    "####",
    "12-Mar", "Mar-26", "3-Dec-2026", "2026-03-12 00:00:00", '="4.89E+11"', "'#REF!", "'12-Mar", "12345678901234500",
    "nan", "NaT", "<NA>", "４.８９E+11",
])  # fmt: skip
def test_key_whose_digits_are_lost_is_none(text: str) -> None:
    assert clean_key(text) is None


@given(st.lists(st.integers(0, 10**14), min_size=2, max_size=30, unique=True))
@example([1, 10, 100, 1000, 10_000, 100_000])
def test_no_two_numbers_become_one_key_however_excel_writes_them(numbers: list[int]) -> None:
    for write in (str, "{}.0".format, "{:,}".format, '="{}"'.format, "'{}".format):
        assert [clean_key(write(number)) for number in numbers] == [str(number) for number in numbers]


def sheet(*keys: str) -> bytes:
    return "\n".join(
        ["Stock No,Make,Model,Year,Demand", *(f"{key},Toyota,Corolla,2015,45 lacs" for key in keys)]
    ).encode()


@pytest.mark.parametrize(
    "text", ["Grand Total:", "Total cars: 45", "Net Total", "Count: 20", "=A1", "=1001+1", "Err:502", "4.89201 E+11"]
)
def test_lines_below_the_table_and_formulas_are_no_keys(text: str) -> None:
    keys, lost = clean_keys(pl.Series([text, "K 1"]))
    assert (keys.to_list(), lost.to_list()) == ([None, "K 1"], [True, False])


def test_rows_with_lost_keys_are_rejected_and_merge_no_cars() -> None:
    parsed = parse_feed(
        sheet("4.89201E+11", "4.89201E+11", "#REF!", '="00123"', "1001.0", "K7"), load_mapping("showroom")
    )
    assert parsed.keys.to_list() == ["00123", "1001", "K7"]
    shown = parsed.rejects.select("row_number", "source_key", "code", "column", "value").rows()
    assert shown == [
        (1, None, "bad_key", "Stock No", "4.89201E+11"),
        (2, None, "bad_key", "Stock No", "4.89201E+11"),
        (3, None, "bad_key", "Stock No", "#REF!"),
    ]
    assert "as text" in parsed.rejects["message"][0]


def test_next_delivery_with_float_keys_names_the_same_cars() -> None:
    first, second = (
        parse_feed(sheet(*keys), load_mapping("showroom")) for keys in (("1001", "1002"), ("1001.0", "1002.0"))
    )
    assert first.keys.to_list() == second.keys.to_list()


def test_numbers_of_json_name_the_same_cars() -> None:
    car = {"make": "Honda", "model": "City", "year": 2015, "price": 4.2e6}
    text = json.dumps([car | {"id": key} for key in (1001, 1002.0, "1003.0")])
    text = text[:-1] + ', {"id": 4.89201E+11, "make": "Kia", "model": "Rio", "year": 2015, "price": 4.5E+6}]'
    parsed = parse_feed(text.encode(), load_mapping("json"))
    assert parsed.keys.to_list() == ["1001", "1002", "1003"]
    assert parsed.listings["price_pkr"].to_list() == [4_200_000] * 3
    assert parsed.rejects.select("row_number", "code").rows() == [(4, "bad_key")]


def test_every_part_of_a_joined_key_is_cleaned() -> None:
    cars = "".join(
        f"<vehicle><dealer_id>{dealer}</dealer_id><ownersvehicle_id>{number}</ownersvehicle_id><brand>Kia</brand>"
        "<model>Rio</model><initial_registration>2015</initial_registration><prices><price><type>public</type>"
        "<value>2000000</value><currency>PKR</currency></price></prices></vehicle>"
        for dealer, number in (("12.0", "7.0"), ("12", "4.89E+11"))
    )
    data = f"<stx3><vehicle_data><vehicles>{cars}</vehicles></vehicle_data></stx3>".encode()
    parsed = parse_feed(data, load_mapping("autoscout24"))
    assert parsed.keys.to_list() == ["12-7"]
    assert parsed.rejects["code"].to_list() == ["bad_key"]
