"""Amounts and days in the forms that people and programs write them."""

from datetime import date

import polars as pl
import pytest

from pipelines.feeds.normalise.dates import listed_on
from pipelines.feeds.normalise.numbers import price


@pytest.mark.parametrize(
    "text",
    [
        "45-lacs",
        "4.5 mil",
        "45 lacs OBO",
        "45 lacs last",
        "4'500'000",
        "4.500.000,00",
        "45 lac final",
        "45lac",
        "45 lac onwards",
        "4500000PKR",
        "Rs4500000",
        "PKR.4500000",
        "45lacPKR",
        "45lacsRs.",
    ],
)
def test_amounts_are_read_as_people_write_them(text: str) -> None:
    cells = pl.DataFrame({"price": [text], "currency": [None]}, schema={"price": pl.String, "currency": pl.String})
    assert price(cells, default_currency="PKR", bare_unit="rupee").row(0) == (4_500_000, None)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1 crore 5", 10_500_000), ("1 cr 25", 12_500_000), ("2crore 50", 25_000_000), ("1 crore and 5", 10_500_000),
        ("1.5 crore 5", None), ("1 crore 500", None), ("45 lac 50", None),
    ],
)  # fmt: skip
def test_number_after_crores_is_lakhs(text: str, amount: int | None) -> None:
    cells = pl.DataFrame({"price": [text], "currency": [None]}, schema={"price": pl.String, "currency": pl.String})
    assert price(cells, default_currency="PKR", bare_unit="rupee")["price_pkr"].to_list() == [amount]


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("PKR 4,500,000 (45 Lac)", 4_500_000), ("45 lacs (Rs. 45,00,000)", 4_500_000),
        ("4500000 [0.45 crore]", 4_500_000),
        ("45 lacs (50 lacs)", None), ("45 lacs ($16,000)", None), ("PKR 4,500,000 (4.5 lac)", None),
    ],
)  # fmt: skip
def test_amount_that_is_said_twice_counts_where_both_are_the_same(text: str, amount: int | None) -> None:
    cells = pl.DataFrame({"price": [text], "currency": [None]}, schema={"price": pl.String, "currency": pl.String})
    assert price(cells, default_currency="PKR", bare_unit="rupee")["price_pkr"].to_list() == [amount]


@pytest.mark.parametrize("text", ["1crore20lac", "1 crore 20 lacs", "1.2 CR", "12,000,000"])
def test_parts_of_an_amount_need_no_blank_between_them(text: str) -> None:
    cells = pl.DataFrame({"price": [text], "currency": [None]}, schema={"price": pl.String, "currency": pl.String})
    assert price(cells, default_currency="PKR", bare_unit="rupee").row(0) == (12_000_000, None)


@pytest.mark.parametrize(
    "text",
    ["2026.05.01", "1st May 2026", "01 May, 2026", "Fri 1 May 2026", "Friday, 1 May 2026", "1777593600",
     "1777593600000", "01-May-26", "46143", "20260501"],
)  # fmt: skip
def test_days_are_read_as_people_and_programs_write_them(text: str) -> None:
    assert listed_on(pl.Series([text]), order="dmy").to_list() == [date(2026, 5, 1)]


@pytest.mark.parametrize("text", ["31/02/2026", "May-26", "2099-01-01", "9999999999", "soon"])
def test_days_that_cannot_be_are_none(text: str) -> None:
    assert listed_on(pl.Series([text]), order="dmy").to_list() == [None]
