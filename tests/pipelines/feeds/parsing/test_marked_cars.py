"""A mark of sold cars is understood wherever dealers write it: in a name, a title or the stock number itself."""

import pytest

from pipelines.feeds.mapping.store import load_mapping
from pipelines.feeds.parsing.parse import parse_feed

HEADER = "Stock No,Title,Make,Model,Variant,Year,Demand"


def read(
    key: str = "A4", title: str = "", make: str = "Toyota", model: str = "Vitz", variant: str = ""
) -> list[object]:
    """Return the keys on offer, then the keys and codes of the rejects."""
    data = f"{HEADER}\n{key},{title},{make},{model},{variant},2015,31 lacs\nB1,,Honda,Civic,,2018,45 lacs\n"
    parsed = parse_feed(data.encode(), load_mapping("showroom"))
    return [sorted(parsed.keys), parsed.rejects.select("source_key", "code").rows()]


@pytest.mark.parametrize("mark", [
    "{} (SOLD)", "{} - Sold", "{} sold out", "{} [booked]", "{} *RESERVED*", "{} SOLD!!", "{} – بک گئی", "{} سولڈ",
])  # fmt: skip
@pytest.mark.parametrize("place", ["make", "model", "variant"])
def test_name_that_ends_with_a_mark_takes_the_car_off(place: str, mark: str) -> None:
    words = {"make": "Toyota", "model": "Vitz", "variant": "GLi"}
    assert read(**{place: mark.format(words[place])}) == [["B1"], [("A4", "not_for_sale")]]


@pytest.mark.parametrize("title", [
    "Toyota Vitz 2015 - SOLD", "Toyota Vitz 2015 (sold)", "Toyota Vitz 2015 SOLD OUT!", "Toyota Vitz 2015 | Booked",
])  # fmt: skip
def test_title_that_ends_with_a_mark_takes_the_car_off(title: str) -> None:
    assert read(title=title) == [["B1"], [("A4", "not_for_sale")]]


@pytest.mark.parametrize(
    "key", ["A4 SOLD", "A4-sold", "A4 (Sold)", "A4_SOLD", "A4 *booked*", "SOLD A4", "SOLD-A4", "(sold) A4"]
)
def test_mark_in_the_stock_number_takes_the_car_off_that_has_the_number(key: str) -> None:
    assert read(key=key) == [["B1"], [("A4", "not_for_sale")]]


@pytest.mark.parametrize("words", [
    {"title": "Toyota Vitz never sold"}, {"title": "Vitz 2015 not SOLD"}, {"title": "Vitz 2015 (not sold)"},
    {"title": "Vitz 2015 to be sold"}, {"variant": "unsold"}, {"variant": "GLi (un-sold)"},
    {"title": "Vitz (nothing sold)"},
    {"key": "SOLDIER-4"}, {"key": "A4RESERVED"}, {"model": "Vitz", "variant": "Reserve"},
])  # fmt: skip
def test_words_that_are_no_mark_leave_the_car_on_offer(words: dict[str, str]) -> None:
    assert read(**words) == [sorted(["B1", words.get("key", "A4")]), []]


@pytest.mark.parametrize(("unit", "km"), [
    ("(000 km)", 85_000), ("('000 km)", 85_000), ("(x1000)", 85_000), ("(x 1,000 km)", 85_000), ("(1000 km)", 85_000),
    ("(thousand km)", 85_000), ("(km)", 85), ("(000 miles)", 136_794),
])  # fmt: skip
def test_thousands_on_the_line_below_the_header_count(unit: str, km: int) -> None:
    data = f'Stock No,Make,Model,Year,Demand,Mileage\n,,,,(Lacs),"{unit}"\nA1,Toyota,Corolla,2018,45,85\n'
    parsed = parse_feed(data.encode(), load_mapping("showroom"))
    assert parsed.listings.select("price_pkr", "mileage_km").rows() == [(4_500_000, km)]


@pytest.mark.parametrize("cell", ["85000", '"85,000"', "85000 km", "85", "85.0"])
def test_mileage_that_is_written_out_below_a_line_of_thousands_is_no_thousand_times_as_much(cell: str) -> None:
    data = f"Stock No,Make,Model,Year,Demand,Mileage\n,,,,(Lacs),(000 km)\nA1,Toyota,Corolla,2018,45,{cell}\n"
    parsed = parse_feed(data.encode(), load_mapping("showroom"))
    assert parsed.listings["mileage_km"].to_list() == [85_000]
