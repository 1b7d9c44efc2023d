"""A cell that names two cities is kept as it is written and told, never read as an area of the second city."""

import pytest

from pipelines.feeds.mapping.schema import Source
from pipelines.feeds.mapping.store import load_mapping
from pipelines.feeds.normalise.places import Place, split_location
from pipelines.feeds.parsing.parse import parse_feed


@pytest.mark.parametrize(
    "text",
    [
        "Lahore/Karachi", "Islamabad-Rawalpindi", "Lahore, Karachi", "Lahore, Faisalabad", "Lahore & Karachi",
        "Lahore and Karachi", "Lahore + Multan", "Lahore / Karachi / Multan", "Rawalpindi Islamabad", "لاہور، کراچی",
        "Isb/Rwp", "Lahore Karachi", "Rawalpindi (Islamabad)", "Lahore or Karachi", "Lahore; Karachi, Pakistan",
    ],
)  # fmt: skip
def test_two_cities_are_no_area_and_city(text: str) -> None:
    assert split_location(text) == Place(city=text)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("Taxila, Rawalpindi", Place("Taxila", "Rawalpindi", "Punjab")),
        ("Mingora, Swat", Place("Mingora", "Swat", "Khyber Pakhtunkhwa")),
        ("Lahore, LHR", Place(None, "Lahore", "Punjab")),
        ("Lahore-Lahore Cantt", Place(None, "Lahore", "Punjab")),
        (
            "Lahore - Sheikhupura - Faisalabad Road, Faisalabad Punjab",
            Place("Lahore - Sheikhupura - Faisalabad Road", "Faisalabad", "Punjab"),
        ),
        ("Lahore Road, Karachi", Place("Lahore Road", "Karachi", "Sindh")),
        ("Islamabad, Islamabad", Place(None, "Islamabad", "Islamabad")),
        ("Hyderabad Colony, Karachi", Place("Hyderabad Colony", "Karachi", "Sindh")),
        ("Mirpur Khas, Sindh", Place(None, "Mirpur Khas", "Sindh")),
    ],
)
def test_one_city_with_its_town_area_or_other_name_is_one_place(text: str, place: Place) -> None:
    assert split_location(text) == place


@pytest.mark.parametrize("field", ["city", "location"])
def test_two_cities_are_told(field: str) -> None:
    showroom = load_mapping("showroom")
    columns = {name: each for name, each in showroom.columns.items() if name != "location"}
    mapping = showroom.model_copy(update={"columns": columns | {field: Source(columns=("Town",))}})
    parsed = parse_feed(b"Stock No,Make,Model,Year,Demand,Town\nK1,Kia,Rio,2015,45 lacs,Lahore/Karachi\n", mapping)
    assert [each.words for each in parsed.unread] == [(("Lahore/Karachi", 1),)]
    assert parsed.listings.select("city", "area").row(0) == ("Lahore/Karachi", None)
