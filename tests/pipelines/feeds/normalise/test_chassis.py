"""Chassis numbers have one spelling, and cells that do not say one are not understood."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.feeds.mapping.schema import Mapping
from pipelines.feeds.normalise.chassis import read_chassis_number
from pipelines.feeds.parsing.parse import parse_feed

_SIGNS = st.text("ABEHJNTVXZIOQ0123456789 -./_۱۲۳*#", max_size=24)
_FRAMES = st.from_regex(r"\A(?:DBA-|E-|6AA-)?[A-HJ-NPR-Z]{1,5}[0-9]{1,3}[A-Z]{0,3}[- .]?[0-9]{6,8}\Z")
_VINS = st.from_regex(r"\A[A-HJ-NPR-Z0-9]{13}[0-9]{4}\Z")


@given(st.one_of(st.text(), _SIGNS, _FRAMES, _VINS))
def test_any_text_is_read_and_what_was_read_reads_as_the_same_number(text: str) -> None:
    number = read_chassis_number(text)
    assert number is None or (read_chassis_number(number) == number and 9 <= len(number) <= 17)


@given(st.one_of(_FRAMES, _VINS))
def test_case_padding_and_digits_of_other_scripts_say_nothing(text: str) -> None:
    urdu = text.translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹"))
    assert {read_chassis_number(each) for each in (text.lower(), f"  {text} ", urdu)} == {read_chassis_number(text)}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("NZE141-6012345", "NZE141-6012345"),
        ("nze141 – 6012345", "NZE141-6012345"),
        ("NZE1416012345", "NZE1416012345"),
        ("DBA-NZE141-6012345", "NZE141-6012345"),
        ("DBA-NZE141G-6012345", "NZE141G-6012345"),  # 17 signs, but no VIN
        ("6AA-ZVW51-8012345", "ZVW51-8012345"),
        ("E-EP82-0212345", "EP82-0212345"),
        ("HA36S-135790", "HA36S-135790"),
        ("S321V-0123459", "S321V-0123459"),
        ("GP5-3012345", "GP5-3012345"),
        ("JTDBR32E160012345", "JTDBR32E160012345"),
        ("jtd br32e-16001 2345", "JTDBR32E160012345"),
        ("JTDBR32E16OOI2345", "JTDBR32E160012345"),  # no VIN has I, O or Q
        ("VIN: JTDBR32E160012345", "JTDBR32E160012345"),
        ("Chassis No. NZE141-6012345", "NZE141-6012345"),
        ('="NZE141-6012345"', "NZE141-6012345"),
        ("ＮＺＥ１４１－６０１２３４５", "NZE141-6012345"),
    ],
)
def test_spellings_of_a_number_become_one(text: str, number: str) -> None:
    assert read_chassis_number(text) == number


@pytest.mark.parametrize(
    "text",
    [
        "DBA-NZE141", "NZE141", "TBA", "0000", "0", "1234567890", "12345678901234567", "00000000000000000",
        "NZE141-000000", "NZE141-1234567", "HA36S-123456", "****1234", "NZE141-XXXXXXX", "JTDBR32E16*******",
        "JTDBR32E16XXXXXXX", "XXXXXXXXXXXXXXXXX", "4.8E+16", "4,89201E+11", "#REF!", "########", "LEB-18-4567",
        "LEB-2018-4567", "KIA-2018", "COROLLA-1234567890", "JTDBR32E16001234", "JTDBR32E1600123456", "as per book",
        "اصل دیکھیں", "نہیں", "", " ", "x" * 10_000,
    ],
)  # fmt: skip
def test_cells_that_name_no_car_are_not_understood(text: str) -> None:
    assert read_chassis_number(text) is None


MAPPING = Mapping.model_validate(
    {
        "name": "with-chassis", "version": 1, "about": "tests", "delivery": "full", "key": ["Stock"],
        "columns": {"make": "Make", "model": "Model", "model_year": "Year", "price": "Price", "chassis_number": "VIN"},
        "constants": {"visibility": "public", "channels": "automart"},
    }
)  # fmt: skip


def test_cells_that_are_not_understood_reject_no_row_and_are_told_by_their_form() -> None:
    cells = ("nze141 6012345", "4.8E+16", "5.1E+16", "JTDBR32E16001234", "N/A", "")
    lines = [f"K{at},Toyota,Corolla,2018,4500000,{cell}" for at, cell in enumerate(cells)]
    parsed = parse_feed("\n".join(["Stock,Make,Model,Year,Price,VIN", *lines, ""]).encode(), MAPPING)
    assert parsed.rejects.is_empty()
    assert parsed.listings["chassis_number"].to_list() == ["NZE141-6012345", None, None, None, None, None]
    (told,) = parsed.unread
    assert (told.column, told.field, told.filled, told.not_understood) == ("VIN", "chassis_number", 4, 3)
    assert told.words == (("#.#E+##", 2), ("JTDBR##E########", 1))  # a number but for a sign is not repeated
