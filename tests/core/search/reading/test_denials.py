"""Denied words of a search are taken out, or kept as a note; they are never looked for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.search.filters import ListingFilters
from core.search.query import SearchQuery
from core.search.reading.asking import strictest
from core.search.reading.chips import ChipField
from core.search.reading.reader import read
from core.vocabulary import Color, Fuel, Transmission
from tests.core.search.reading.conftest import STOCK, chips, left

OF_2015 = {"year_min": 2015, "year_max": 2015}
CIVIC = {"model": ("Civic",)}
NOT_WHITE = tuple(color.value for color in Color if color is not Color.WHITE)
NOT_CNG = tuple(fuel.value for fuel in Fuel if fuel is not Fuel.CNG)


@pytest.mark.parametrize(
    ("text", "filters"),
    [
        ("not automatic", {"transmission": ("manual",)}), ("automatic nahi chahiye", {"transmission": ("manual",)}),
        ("manual not automatic", {"transmission": ("manual",)}), ("white nahi", {"color": NOT_WHITE}),
        ("except white", {"color": NOT_WHITE}), ("no cng", {"fuel": NOT_CNG}), ("cng na ho", {"fuel": NOT_CNG}),
        ("cng wali nahi", {"fuel": NOT_CNG}), ("سی این جی کے بغیر", {"fuel": NOT_CNG}),
        ("black ya white, white nahi", {"color": ("black",)}),
    ],
)  # fmt: skip
def test_values_that_are_not_wanted_are_taken_out(text: str, filters: dict[str, object]) -> None:
    for sentence in (f"{text} civic", f"civic {text}"):
        assert chips(sentence) == CIVIC | filters, sentence
        assert left(sentence) == "", sentence


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("without sunroof", "without sunroof"), ("sunroof nahi", "sunroof nahi"),
        ("bagair accident", "bagair accident"),
        ("non accidental", "non accidental"), ("not lahore number", "not lahore number"),
    ],
)  # fmt: skip
def test_what_no_filter_can_deny_is_a_note(text: str, note: str) -> None:
    reading = read(f"civic {text}", STOCK)
    assert chips(f"civic {text}") == CIVIC
    assert (reading.text, [one.text for one in reading.notes]) == ("", [note])


@pytest.mark.parametrize(
    ("text", "filters"),
    [
        ("not honda", {"not_make": ("Honda",)}), ("corolla nahi chahiye", {"not_model": ("Corolla",)}),
        ("except karachi", {"not_city": ("Karachi",)}),
        ("suv lahore ke ilawa", {"body": ("suv",), "not_city": ("Lahore",)}),
        ("not honda city", {"not_model": ("City",)}), ("honda civic nahi 2015", {"not_model": ("Civic",)} | OF_2015),
        ("toyota but not corolla", {"make": ("Toyota",), "not_model": ("Corolla",)}),
        ("toyota honda civic nahi", {"make": ("Toyota",), "not_model": ("Civic",)}),
        ("suzuki toyota corolla nahi", {"make": ("Suzuki",), "not_model": ("Corolla",)}),
        ("toyota mehran nahi", {"make": ("Toyota",), "not_model": ("Mehran",)}),
        ("no honda civic toyota", {"make": ("Toyota",), "not_model": ("Civic",)}),
        ("not honda civic or toyota", {"not_model": ("Civic",), "not_make": ("Toyota",)}),
        ("toyota corolla ya honda civic nahi", {"not_model": ("Corolla", "Civic")}),
        ("except karachi lahore", {"not_city": ("Karachi", "Lahore")}),
        ("civic karachi lahore ke ilawa", CIVIC | {"not_city": ("Karachi", "Lahore")}),
        ("no toyota honda", {"not_make": ("Toyota", "Honda")}),
        ("toyota honda nahi", {"not_make": ("Toyota", "Honda")}),
        ("no suzuki honda city", {"make": ("Honda",), "model": ("City",), "not_make": ("Suzuki",)}),
        ("lahore nahi jana civic", CIVIC | {"not_city": ("Lahore",)}),
        ("لاہور نہیں جانا سوک", CIVIC | {"not_city": ("Lahore",)}),
        ("civic white color na ho", CIVIC | {"color": NOT_WHITE}), ("white rang ki na ho", {"color": NOT_WHITE}),
        ("suzuki ki gari nahi", {"not_make": ("Suzuki",)}),
        ("mehran nahi alto", {"model": ("Alto",), "not_model": ("Mehran",)}),
        ("alto not karachi or lahore", {"model": ("Alto",), "not_city": ("Karachi", "Lahore")}),
        ("honda aur toyota nahi", {"not_make": ("Honda", "Toyota")}),
        ("civic not honda or 2015", {"model": ("Civic",), "not_make": ("Honda",)} | OF_2015),
        ("not automatic and white", {"transmission": ("manual",), "color": ("white",)}),
        ("آلٹو لاہور کے علاوہ", {"model": ("Alto",), "not_city": ("Lahore",)}),
        ("corolla nahi mil rahi", {"model": ("Corolla",)}),
        ("civic not in lahore", CIVIC | {"not_city": ("Lahore",)}),
        ("civic not from karachi or lahore", CIVIC | {"not_city": ("Karachi", "Lahore")}),
        ("not any honda", {"not_make": ("Honda",)}), ("civic karachi se nahi", CIVIC | {"not_city": ("Karachi",)}),
        ("civic lahore ki na ho", CIVIC | {"not_city": ("Lahore",)}),
        ("civic lahore mein nahi mil rahi", CIVIC | {"city": ("Lahore",)}),
        ("سوک کراچی سے نہیں", CIVIC | {"not_city": ("Karachi",)}),
        ("anything but honda", {"not_make": ("Honda",)}),
        ("call no civic", CIVIC), ("contact no lahore", {"city": ("Lahore",)}), ("why not civic", CIVIC),
    ],
)  # fmt: skip
def test_denied_makes_models_and_cities_are_left_out(text: str, filters: dict[str, object]) -> None:
    assert chips(text) == filters
    assert left(text) == ""


def test_denied_name_can_be_taken_back() -> None:
    reading = read("civic not honda", STOCK, frozenset({ChipField.NOT_MAKE}))
    assert [chip.field for chip in reading.chips] == [ChipField.MODEL]
    assert [note.text for note in reading.notes] == ["not honda"]


@pytest.mark.parametrize(
    ("said", "given", "asked"),
    [
        ("civic not suzuki", {"not_make": ("Honda",)}, {"model": ("Civic",), "not_make": ("Honda", "Suzuki")}),
        ("civic not honda", {"make": ("Honda",)}, {"model": ("Civic",), "make": ("Honda",)}),
        ("honda civic", {"not_city": ("Lahore",)}, {"make": ("Honda",), "model": ("Civic",), "not_city": ("Lahore",)}),
    ],
)
def test_denials_of_words_and_of_filters_add_up_and_filters_win(
    said: str, given: dict[str, tuple[str, ...]], asked: dict[str, tuple[str, ...]]
) -> None:
    query = SearchQuery(said, ListingFilters(**given))  # type: ignore[arg-type]
    assert strictest(query, read(said, STOCK)).filters == ListingFilters(**asked)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "filters"),
    [
        ("not registered", {"registered_in": ("unregistered",)}),
        ("bagair number", {"registered_in": ("unregistered",)}),
        ("no more than 20 lac", {"price_max": 2_000_000}), ("20 lac se zyada nahi", {"price_max": 2_000_000}),
        ("mil sakti hai ya nahi", {}), ("not", {}), ("2015 not", {"year_min": 2015, "year_max": 2015}),
    ],
)  # fmt: skip
def test_words_of_denial_in_longer_phrases_deny_nothing_else(text: str, filters: dict[str, object]) -> None:
    assert chips(f"civic {text}") == CIVIC | filters


def test_words_that_are_to_stay_words_are_not_denied_away() -> None:
    reading = read("civic not automatic", STOCK, frozenset({ChipField.TRANSMISSION}))
    assert [chip.field for chip in reading.chips] == [ChipField.MODEL]


_SAID = [
    *Transmission,
    *Color,
    "not",
    "nahi",
    "without",
    "ke ilawa",
    "civic",
    "2018",
    "20 lac tak",
    "sunroof",
    "sasti",
    "honda",
    "lahore",
    "or",
]


@given(st.lists(st.sampled_from(_SAID), min_size=1, max_size=8).map(" ".join))
def test_every_sentence_has_a_reading_whose_lists_are_not_empty(text: str) -> None:
    for chip in read(text, STOCK).chips:
        assert all(value != () for value in chip.filters.values())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("civic2018", CIVIC | {"year_min": 2018, "year_max": 2018}),
        ("hondacity2015", {"make": ("Honda",), "model": ("City",), "year_min": 2015, "year_max": 2015}),
        ("peugeot2008", {"make": ("Peugeot",), "model": ("2008",)}),
        ("abc2018", {}), ("2018civic", {}),
        ("mileage under 40000 civic", CIVIC | {"mileage_max": 40_000}),
        ("civic mileage 30000 se 50000 tak", CIVIC | {"mileage_min": 30_000, "mileage_max": 50_000}),
        ("civic mileage 40000 se kam", CIVIC | {"mileage_max": 40_000}),
        ("low mileage civic", CIVIC | {"sort": "mileage_asc"}),
        ("nayi model ki civic", CIVIC | {"sort": "year_desc"}), ("bachon ke liye civic", CIVIC),
        ("city driving civic", CIVIC),
        ("corollagli", {"model": ("Corolla",)}),
        ("wagonr2018", {"model": ("Wagon R",), "year_min": 2018, "year_max": 2018}),
        ("altovxr lahore", {"model": ("Alto",), "city": ("Lahore",)}), ("sawa crore tak", {"price_max": 12_500_000}),
        ("paune crore tak", {"price_max": 7_500_000}), ("kam paison mein civic", CIVIC | {"sort": "price_asc"}),
        ("mini truck", {"body": ("truck", "pickup")}), ("civic's", CIVIC), ("hello, civic batao ji", CIVIC),
        ("city1.5", {"model": ("City",), "engine_cc_min": 1450, "engine_cc_max": 1549}),
        ("mehran800cc", {"model": ("Mehran",), "engine_cc_min": 788, "engine_cc_max": 802}),
        ("alto15lac", {"model": ("Alto",), "price_min": 1_350_000, "price_max": 1_545_000}),
        ("gli2015", OF_2015),
        ("shehzore", {"model": ("Shehzore", "Shehzore K2700")}),
        ("kia shehzore k2700", {"make": ("Kia",), "model": ("Shehzore K2700",)}),
        ("zero meter civic", CIVIC | {"mileage_max": 1_999}), ("brand new condition civic", CIVIC),
        ("land cruiser v8", {"model": ("Land Cruiser",), "engine_cc_min": 4_300, "engine_cc_max": 9_000}),
        ("lahore no civic", CIVIC | {"registered_in": ("Lahore",)}),
        ("non registered civic", CIVIC | {"registered_in": ("unregistered",)}),
    ],
)  # fmt: skip
def test_other_kinds_of_queries(text: str, expected: dict[str, object]) -> None:
    assert chips(text) == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("corola gly", "gli"),
        ("corola alts", "altis"),
        ("corolla grnde", "grande"),
        ("civic oriyal", "oriel"),
        ("alto gly", "gly"),
        ("gly", "gly"),
    ],
)
def test_trim_of_the_named_model_is_known_misspelt(text: str, words: str) -> None:
    assert left(text) == words
