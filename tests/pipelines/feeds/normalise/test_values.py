"""Amounts, dates, places, words and titles, read as their writers meant them."""

from datetime import date

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.vocabulary import Assembly, Body, Color, Fuel, Transmission
from pipelines.feeds.normalise import dates, numbers, places, words
from pipelines.feeds.normalise.catalogue import identify, make_name, model_name
from pipelines.feeds.reject_codes import PHONE_MASK, shown_value
from tests.examples import examples


def price_of(texts: list[str | None], bare_unit: str = "rupee", currency: str | None = None) -> list[int | str | None]:
    frame = pl.DataFrame(
        {"price": texts, "currency": [currency] * len(texts)}, schema_overrides={"currency": pl.String}
    )
    read = numbers.price(frame, default_currency="PKR", bare_unit=bare_unit)
    return [amount if fault is None else fault for amount, fault in read.iter_rows()]


@settings(max_examples=examples(30), deadline=None)
@given(st.lists(st.integers(2, 1_999_999).map(lambda steps: steps * 5_000), min_size=1, max_size=30))
@pytest.mark.slow
def test_price_is_read_from_every_way_of_writing_it(amounts: list[int]) -> None:
    urdu = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
    for write in (
        str,
        "PKR {:,}".format,
        "Rs. {:,}/-".format,
        lambda rupees: f"{rupees / 1e5:.2f} lacs",
        lambda rupees: f"PKR {rupees / 1e7:.4f} crore",
        lambda rupees: f"{rupees // 10_000_000} crore {rupees % 10_000_000 / 1e5:g} lakh",
        lambda rupees: f"{rupees:,}".translate(urdu),
    ):
        assert price_of([write(rupees) for rupees in amounts]) == amounts


@pytest.mark.parametrize(
    "text",
    [
        "45 lacs negotiable", "45 lacs (final)", "45 lac final", "Demand 45 lacs", "4 500 000", "45 00 000", "45L",
        "45 l", "Rs 45 lacs nego", "PKR 4.5 million (slightly negotiable)", "~45 lacs", "45 lacs fixed price",
        "asking: 45,00,000/- net", "45 لاکھ فائنل", "Rs. 4\u202f500\u202f000",
    ],
)  # fmt: skip
def test_words_beside_a_price_do_not_hide_it(text: str) -> None:
    assert price_of([text]) == [4_500_000]


@pytest.mark.parametrize(
    "text", ["Booked 45 lacs", "45 lacs down, 20 monthly", "45-50 lacs", "4 50 00", "12 34 56 78 lacs"]
)
def test_price_with_another_meaning_is_not_guessed(text: str) -> None:
    assert price_of([text]) == ["price_not_understood"]


@pytest.mark.parametrize(
    ("text", "km"),
    [
        ("85 000", 85_000), ("85,000 km", 85_000), ("85 000 kms", 85_000), ("85k km", 85_000), ("85 hazar", 85_000),
        ("52000+", 52_000), ("52,000 mls", 83_686), ("52,000 miles (approx)", 83_686),
        ("83,685 km (52,000 mi)", 83_685), ("52,000 mi (83,685 km)", 83_686), ("approx. 52,000 km", 52_000),
        ("52000 km only", 52_000), ("1.2 lac km", 120_000), ("52000-55000", None), ("low mileage", None),
        ("km", None), ("8.5", None), ("8,5", None), ("85.25 km", None), ("8.5k", 8_500), ("8.0", 8),
        ("85000.5", 85_000), ("85.000", 85_000),
    ],
)  # fmt: skip
def test_mileage_is_read_from_every_way_of_writing_it(text: str, km: int | None) -> None:
    frame = pl.DataFrame({"mileage": [text], "mileage_unit": [None]}, schema_overrides={"mileage_unit": pl.String})
    assert numbers.mileage(frame, default_unit="km")["mileage_km"].to_list() == [km]


def test_bare_small_numbers_are_lacs_only_under_a_mapping_in_lacs() -> None:
    assert price_of(["45.5", "27,5", "4550000"], bare_unit="lakh") == [4_550_000, 2_750_000, 4_550_000]
    assert price_of(["45.5"]) == ["price_too_low"]


def test_currency_column_decides_the_currency() -> None:
    assert price_of(["4500000"], currency="PKR") == [4_500_000]
    assert price_of(["4500000"], currency="USD") == ["currency_not_supported"]


@pytest.mark.parametrize(("text", "day"), [
    ("Apr 29, 2025", date(2025, 4, 29)), ("2025-04-29", date(2025, 4, 29)), ("29-Apr-2025", date(2025, 4, 29)),
    ("2025-04-29T10:11:12Z", date(2025, 4, 29)), ("29 April 2025", date(2025, 4, 29)), ("1/2/2025", date(2025, 2, 1)),
    ("1/2/2025 3:04:05 PM", date(2025, 2, 1)), ("32/13/2025", None), ("soon", None), ("1025-01-01", None),
])  # fmt: skip
def test_dates_are_read_day_first(text: str, day: date | None) -> None:
    assert dates.listed_on(pl.Series([text]), order="dmy").item() == day


@pytest.mark.parametrize(("text", "cc", "kwh"), [
    ("1600 cc", 1600, None), ("1.8L", 1800, None), ("1,300", 1300, None), ("660cc", 660, None), ("2.0", 2000, None),
    ("V6 3500cc", 3500, None), ("60.0 kWh", None, 60.0), ("1070.0 kWh", None, None), ("big", None, None),
])  # fmt: skip
def test_engine_cell_is_read_as_cc_or_kwh(text: str, cc: int | None, kwh: float | None) -> None:
    assert numbers.engine(pl.Series([text])).row(0) == (cc, kwh)


@pytest.mark.parametrize(("text", "place"), [
    ("DHA Defence, Lahore Punjab", ("DHA Defence", "Lahore", "Punjab")),
    ("PGECHS, Johar Town, Lahore Punjab", ("PGECHS, Johar Town", "Lahore", "Punjab")),
    ("G- 9, Islamabad Islamabad", ("G- 9", "Islamabad", "Islamabad")),
    ("Mirpur A.K. Azad Kashmir", (None, "Mirpur", "Azad Kashmir")),
    ("Wah cantt Punjab", (None, "Wah Cantt", "Punjab")), ("Lahore, Punjab", (None, "Lahore", "Punjab")),
    ("KHI", (None, "Karachi", "Sindh")), ("Sindh", (None, None, "Sindh")), ("Nowhere", (None, "Nowhere", None)),
    ("I-8 Markaz, Islamabad", ("I-8 Markaz", "Islamabad", "Islamabad")), ("Lahore - DHA", ("DHA", "Lahore", "Punjab")),
    ("Gulberg III, Lahore, Punjab, Pakistan", ("Gulberg III", "Lahore", "Punjab")), ("Pakistan", (None, None, None)),
    ("F-11, isb", ("F-11", "Islamabad", "Islamabad")), ("DHA Phase 5 - Karachi", ("DHA Phase 5", "Karachi", "Sindh")),
    ("Islamabad Capital Territory", (None, "Islamabad", "Islamabad")), ("Karachi,Pakistan", (None, "Karachi", "Sindh")),
    ("Islamabad, Islamabad", (None, "Islamabad", "Islamabad")), ("Gulberg Greens, Islamabad, ICT", ("Gulberg Greens",
    "Islamabad", "Islamabad")), ("Bahria Town - Phase 8", (None, "Bahria Town - Phase 8", None)), (" , ", (None,) * 3),
    ("G-11/3 Islamabad", ("G-11/3", "Islamabad", "Islamabad")), ("Islamabad F-7", ("F-7", "Islamabad", "Islamabad")),
    ("E-11", ("E-11", "Islamabad", "Islamabad")), ("Lahore (DHA)", ("DHA", "Lahore", "Punjab")),
    ("DHA-Lahore", ("DHA", "Lahore", "Punjab")), ("Lahore | Gulberg", ("Gulberg", "Lahore", "Punjab")),
    ("Model Town Lahore", ("Model Town", "Lahore", "Punjab")), ("Lahore – DHA", ("DHA", "Lahore", "Punjab")),
    ("I-8 Markaz Islamabad Pakistan", ("I-8 Markaz", "Islamabad", "Islamabad")),
    ("Punjab, Lahore", (None, "Lahore", "Punjab")),
    ("Sindh, Pakistan", (None, None, "Sindh")), ("Blue Area,Islamabad.", ("Blue Area", "Islamabad", "Islamabad")),
    ("Pindi gheb Punjab", (None, "Pindi Gheb", "Punjab")), ("Mardan Road, Charsadda KPK", ("Mardan Road", "Charsadda",
    "Khyber Pakhtunkhwa")), ("Bahria Town, Phase 7, Rawalpindi", ("Bahria Town, Phase 7", "Rawalpindi", "Punjab")),
])  # fmt: skip
def test_location_is_split_into_area_city_and_province(text: str, place: tuple[str | None, ...]) -> None:
    found = places.split_location(text)
    assert (found.area, found.city, found.province) == place


@pytest.mark.parametrize(("text", "color"), [
    ("Bluish Black Pearl", Color.BLACK), ("Red Wine", Color.MAROON), ("Burgundy", Color.MAROON),
    ("Silver Grey", Color.GREY), ("Gun Matelaic", Color.GREY), ("Black Sand Pearl", Color.BLACK),
    ("Champagne Gold Metallic", Color.GOLD), ("Champagne", Color.GOLD), ("green mica graphite", Color.GREEN),
    ("Brownish", Color.BROWN), ("Wite", Color.WHITE), ("Unlisted", None), ("Metallic", None),
])  # fmt: skip
def test_colours_fold_to_families(text: str, color: Color | None) -> None:
    assert words.color(text) == color


def test_words_of_the_vocabulary_fold_onto_themselves() -> None:
    for patterns, vocabulary in (
        (words.FUELS, Fuel), (words.TRANSMISSIONS, Transmission), (words.BODIES, Body), (words.ASSEMBLIES, Assembly),
    ):  # fmt: skip
        for word in vocabulary:
            assert words.first_match(word, patterns) == word
    assert [words.color(color) for color in Color] == list(Color)


@pytest.mark.parametrize(("title", "url", "car"), [
    ("Toyota Corolla Fielder Hybrid 2018", None, ("Toyota", "Corolla Fielder", "Hybrid", 2018)),
    ("TOYOTA corolla CROSS 1.8 HEV X 2025", None, ("Toyota", "Corolla Cross", "1.8 HEV X", 2025)),
    ("Honda Freed + Hybrid G 2019", "x/honda-freed-2019-for-sale-in-x-1", ("Honda", "Freed", "+ Hybrid G", 2019)),
    ("Zimmer Golden Spirit 1990", "x/zimmer-golden-1990-for-sale-in-x-1", (None, None, None, 1990)),
    (None, "https://x.example/suzuki-wagon-r-2013-for-sale-in-lahore-77/?utm=1", ("Suzuki", "Wagon R", None, None)),
    ("Honda Civic Reborn 2011 VTi Prosmatec", None, ("Honda", "Civic", "Reborn VTi Prosmatec", 2011)),
    ("Mercedes C Class C180 2016", None, ("Mercedes Benz", "C Class", "C180", 2016)),
    ("Toyota", "x/toyota-12", (None, None, None, None)), ("", "", (None, None, None, None)),
])  # fmt: skip
def test_title_and_address_are_split_into_make_model_variant_and_year(
    title: str | None, url: str | None, car: tuple[str | int | None, ...]
) -> None:
    found = identify(title, url)
    assert (found.make, found.model, found.variant, found.title_year) == car


def test_known_names_get_catalogue_spelling_and_unknown_capitals_are_lowered() -> None:
    assert make_name("MERCEDES-BENZ") == "Mercedes Benz"
    assert model_name("suzuki", "wagonr") == "Wagon R"
    assert make_name("ZOTYE") == "Zotye"
    assert model_name("Zotye", "Z100") == "Z100"


@pytest.mark.parametrize(
    "phone", ["0300-1234567", "+92 300 1234567", "03001234567", "(042) 35761234", "92-300-1234567"]
)
def test_phones_are_masked_and_prices_are_not(phone: str) -> None:
    shown = pl.DataFrame({"v": [f"call {phone} now", "45,00,000", "45000000000"]}).select(shown_value(pl.col("v")))
    assert shown["v"].to_list() == [f"call {PHONE_MASK} now", "45,00,000", "45000000000"]
