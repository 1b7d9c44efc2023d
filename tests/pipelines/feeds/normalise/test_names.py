"""Makes and models as dealers write them: slips are mended, names beside each other parted, unknown ones told."""

from pathlib import Path

import polars as pl
import pytest

from pipelines.feeds.mapping.store import load_mapping
from pipelines.feeds.normalise.catalogue import compact, identify, is_known_model, make_and_model
from pipelines.feeds.normalise.slips import misspelt_name
from pipelines.feeds.parsing.parse import parse_feed


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (("Toyta", "Corola"), ("Toyota", "Corolla")), (("Hunda", "Civc"), ("Honda", "Civic")),
        (("Suzki", "Wagnor"), ("Suzuki", "Wagon R")), (("Mercedez", "C Class"), ("Mercedes Benz", "C Class")),
        (("Hyndai", "Elntra"), ("Hyundai", "Elantra")), (("KIA", "Sportege"), ("KIA", "Sportage")),
        (("Toyota", "Toyota Corolla"), ("Toyota", "Corolla")), (("Kia Motors", "Kia Picanto"), ("KIA", "Picanto")),
        ((None, "Toyota Corolla"), ("Toyota", "Corolla")), (("MG", "MG HS"), ("MG", "HS")),
        (("Toyota Corolla", "GLi"), ("Toyota", "Corolla GLi")), (("Range Rover", "Sport"), ("Range Rover", "Sport")),
        (("Rivian", "R1T"), ("Rivian", "R1T")), (("Toyota", "Prius V"), ("Toyota", "Prius V")),
        (("BMW", "X9"), ("BMW", "X9")), (("Toyota", "Rash"), ("Toyota", "Rash")), ((None, None), (None, None)),
        (("Toyota", "Land Cruiser Prado"), ("Toyota", "Land Cruiser Prado")), ((None, "Axiom"), (None, "Axiom")),
    ],
)  # fmt: skip
def test_names_are_matched_with_the_catalogue(written: tuple[str | None, str | None], read: tuple[str, str]) -> None:
    assert make_and_model(*written) == read


def test_word_between_two_names_is_not_guessed() -> None:
    assert misspelt_name("mabel", ["label", "mable", "maple"]) == "mable"  # swapped letters before another letter
    assert misspelt_name("corova", ["corona", "corolla", "corola"]) is None


def test_unknown_names_are_told_and_mended_ones_are_not() -> None:
    rows = ("K1,Toyta,Corolla,2015,45 lacs", "K2,Rivian,R1T,2015,45 lacs", "K3,Honda,Civvic Turbo,2015,45 lacs")
    read = parse_feed("\n".join(("Stock No,Make,Model,Year,Demand", *rows)).encode(), load_mapping("showroom"))
    told = {each.field: [word for word, _ in each.words] for each in read.unread}
    assert told == {"make": ["Rivian"], "model": ["Civvic Turbo"]}


@pytest.mark.parametrize(
    ("title", "variant"),
    [
        ("2015 model Honda Civic Oriel", "Oriel"), ("MY2015 Honda Civic", None),
        ("For Sale: Honda Civic Oriel 2015", "Oriel"),
        ("Honda Civic (2015)", None), ("Honda Civic 2015/16", None), ("2015-2016 Honda Civic", None),
        ("Used 2015 Honda Civic", None), ("2015' Honda Civic", None), ("Urgent Sale!! Honda Civic 2015", None),
    ],
)  # fmt: skip
def test_years_and_calls_in_titles_are_no_part_of_the_name(title: str, variant: str | None) -> None:
    found = identify(title, None)
    assert (found.make, found.model, found.variant, found.title_year) == ("Honda", "Civic", variant, 2015)


@pytest.mark.parametrize(
    ("title", "car"),
    [
        ("Suzuki Alot VXR 2018", ("Suzuki", "Alto", "VXR")), ("Toyota Vtiz F 1.0 2015", ("Toyota", "Vitz", "F 1.0")),
        ("Hodna City Oriel 2016", ("Honda", "City", "Oriel")), ("Tyota Vtiz", ("Toyota", "Vitz", None)),
        ("Merceds Benz C Class C180", ("Mercedes Benz", "C Class", "C180")),
        ("Suzuki Wagn R VXL 2017", ("Suzuki", "Wagon R", "VXL")),
        ("Toyota Land Crusier V8", ("Toyota", "Land Cruiser", "V8")),
        ("Toyota Corola Cross 2022", ("Toyota", "Corolla Cross", None)),
        ("Toyota Prius V 2012", ("Toyota", "Prius", "V")), ("Toyota Rash 2012", ("Toyota", "Rash", None)),
        ("Seats leather new", (None, None, None)), ("Honda", (None, None, None)), ("Hodna", (None, None, None)),
        ("Suzuki Xyz 2012", ("Suzuki", "Xyz", None)),
        ("Toyota Mark V 2001", ("Toyota", "Mark", "V")), ("Toyota Sienna 2019", ("Toyota", "Sienna", None)),
    ],
)  # fmt: skip
def test_slips_in_titles_are_mended_word_by_word(title: str, car: tuple[str | None, ...]) -> None:
    found = identify(title, None)
    assert (found.make, found.model, found.variant) == car


def test_model_of_several_words_may_have_a_slip_in_a_long_one() -> None:
    assert make_and_model("Suzuki", "Wagn R") == ("Suzuki", "Wagon R")
    assert make_and_model("Toyota", "Vitz F") == ("Toyota", "Vitz F")


def test_names_of_real_titles_are_left_as_they_are(real_data: Path) -> None:
    """No title that names a known car reads otherwise with the slips of others mended."""
    titles = pl.read_csv(real_data / "ads_2025_raw.csv", infer_schema_length=0)["title"].drop_nulls().unique()
    cars = [(title, identify(title, None)) for title in titles]
    known = [(title, car) for title, car in cars if is_known_model(car.make, car.model)]
    changed = [title for title, car in known if compact(f"{car.make}{car.model}") not in compact(title)]
    assert len(known) > 0.9 * len(cars)
    assert changed == []
