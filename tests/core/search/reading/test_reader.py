"""A search is read into filters, an order, notes and words."""

import pytest

from core.search.reading.chips import ChipField
from core.search.reading.reader import read
from tests.core.search.reading.conftest import STOCK, chips, left

L, C = 100_000, 10_000_000


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("under 20 lac", None, 20 * L), ("20 lakh tak", None, 20 * L), ("20 lakh se kam", None, 20 * L),
        ("20lacs se neeche", None, 20 * L), ("upto 1.5 crore", None, 15 * C // 10), ("below 2,500,000", None, 25 * L),
        ("budget 900000", None, 9 * L), ("under 20", None, 20 * L), ("۲۰ لاکھ سے کم", None, 20 * L),
        ("بیس لاکھ تک", None, 20 * L), ("ڈیڑھ کروڑ سے زیادہ", 15 * C // 10, None), ("above 2 million", 20 * L, None),
        ("15 lakh se zyada", 15 * L, None), ("20 lakh+", 20 * L, None), ("15-20 lakh", 15 * L, 20 * L),
        ("15 se 20 lakh", 15 * L, 20 * L), ("between 15 and 20 lac", 15 * L, 20 * L),
        ("1.5 to 2 crore", 15 * C // 10, 2 * C),
        ("1 crore 20 lakh tak", None, C + 20 * L), ("dhai crore tak", None, 25 * C // 10),
        ("sarhe teen lakh tak", None, 35 * L // 10), ("20 lakh se 15 lakh", 15 * L, 20 * L),
        ("around 20 lac", 18 * L, 22 * L),
    ],
)  # fmt: skip
def test_prices(text: str, low: int | None, high: int | None) -> None:
    expected = {name: value for name, value in (("price_min", low), ("price_max", high)) if value is not None}
    for sentence in (text, f"alto {text}", f"{text} alto lahore"):
        found = {name: value for name, value in chips(sentence).items() if name.startswith("price")}
        assert found == expected, sentence


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("2018", 2018, 2018), ("model 2018", 2018, 2018), ("2018 model", 2018, 2018), ("2k12", 2012, 2012),
        ("2o18", 2018, 2018), ("12 model", 2012, 2012), ("98 model", 1998, 1998), ("2015-18", 2015, 2018),
        ("2015 to 2018", 2015, 2018), ("2015 se 2018 tak", 2015, 2018), ("after 2016", 2017, None),
        ("2016 ke baad", 2017, None), ("2016 onwards", 2016, None), ("2019+", 2019, None), ("before 2005", None, 2004),
        ("2005 se pehle", None, 2004), ("2010 tak", None, 2010), ("۲۰۱۸", 2018, 2018), ("2016 کے بعد", 2017, None),
    ],
)  # fmt: skip
def test_years(text: str, low: int | None, high: int | None) -> None:
    expected = {name: value for name, value in (("year_min", low), ("year_max", high)) if value is not None}
    assert chips(f"corolla {text}") == {"model": ("Corolla",)} | expected


def test_two_digits_behind_a_model_are_a_year_where_no_unit_follows() -> None:
    assert chips("civic 18") == {"model": ("Civic",), "year_min": 2018, "year_max": 2018}
    assert chips("civic 98 white lahore")["year_min"] == 1998
    for sentence in ("civic 16 inch rim", "civic 50", "lahore 18", "18 civic"):
        assert "year_min" not in chips(sentence), sentence


@pytest.mark.parametrize(
    ("text", "filters"),
    [
        ("7 seater", {"seats": (7,)}), ("seven seats", {"seats": (7,)}),
        ("660cc", {"engine_cc_min": 650, "engine_cc_max": 662}),
        ("1.5l", {"engine_cc_min": 1450, "engine_cc_max": 1549}), ("4x4", {"drive": ("4wd",)}),
        ("kam chali hui", {"sort": "mileage_asc"}), ("50k km", {"mileage_max": 50_000}),
        ("under 50,000 km", {"mileage_max": 50_000}), ("pearl white", {"color": ("white",)}),
        ("safaid", {"color": ("white",)}),
        ("سیاہ", {"color": ("black",)}),
        ("black or white", {"color": ("black", "white")}),
        ("otomatic", {"transmission": ("automatic",)}),
        ("diesel", {"fuel": ("diesel",)}),
        ("japani", {"assembly": ("imported",)}),
        ("double cabin", {"body": ("pickup",)}), ("latest", {"sort": "year_desc"}), ("sasti", {"sort": "price_asc"}),
        ("twin cities", {"city": ("Islamabad", "Rawalpindi")}), ("pindi", {"city": ("Rawalpindi",)}),
        ("kpk", {"province": ("Khyber Pakhtunkhwa",)}), ("lahore number", {"registered_in": ("Lahore",)}),
        ("registered in lahore", {"registered_in": ("Lahore",)}),
        ("ajk registered", {"registered_in": ("Azad Kashmir", "Mirpur A.K.", "Muzaffarabad", "Kotli")}),
        ("un-registered", {"registered_in": ("unregistered",)}), ("لاہور نمبر", {"registered_in": ("Lahore",)}),
    ],
)  # fmt: skip
def test_uses_looks_and_places(text: str, filters: dict[str, object]) -> None:
    assert chips(text) == filters
    assert chips(f"prado {text}") == filters | {"model": ("Prado",)}


@pytest.mark.parametrize(
    ("text", "filters"),
    [
        ("landcruiser", {"model": ("Land Cruiser",)}), ("land cruser", {"model": ("Land Cruiser",)}),
        ("hondacity", {"make": ("Honda",), "model": ("City",)}), ("brv", {"model": ("BR-V",)}),
        ("b r v", {"model": ("BR-V",)}),
        ("br-v", {"model": ("BR-V",)}), ("wagnor", {"model": ("Wagon R",)}), ("f150", {"model": ("F 150",)}),
        ("yaris", {"model": ("Yaris Hatchback", "Yaris Sedan")}), ("corollas", {"model": ("Corolla",)}),
        ("kurola", {"model": ("Corolla",)}), ("daihatsu koure", {"make": ("Daihatsu",), "model": ("Cuore",)}),
        ("a class", {"model": ("A Class",)}), ("audi a 4", {"make": ("Audi",), "model": ("A4",)}),
        ("peugeot 2008", {"make": ("Peugeot",), "model": ("2008",)}), ("jeep", {"body": ("suv",)}),
        ("jeep wrangler", {"make": ("Jeep",), "model": ("Wrangler",)}), ("revo", {"model": ("Hilux",)}),
        ("civic x", {"model": ("Civic",), "year_min": 2016, "year_max": 2022}),
        ("civic reborn", {"model": ("Civic",), "year_min": 2006, "year_max": 2012}),
        ("wah cantt", {"city": ("Wah Cantt",)}), ("karachhi", {"city": ("Karachi",)}),
    ],
)  # fmt: skip
def test_names(text: str, filters: dict[str, object]) -> None:
    read_as = chips(text)
    assert {
        name: tuple(map(str.title, value)) if name == "make" else value for name, value in read_as.items()
    } == filters


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("mujhe achi civic chahiye lahore mein", ""), ("کرولا برائے فروخت", ""), ("civic oriel", "oriel"),
        ("ivtec city", "i vtec"), ("toyota ki gaari white color mein", ""), ("civic spoiler", "spoiler"),
        ("total genuine corolla", ""), ("cover for civic", "cover"), ("civic rs turbo", "rs turbo"),
        ("civic turbo rs", "turbo rs"), ("civic 25 lac rs", ""), ("civic 2500000 rs", ""),
        ("civic rs 2500000 tak", ""), ("civic rs. 25 lac", ""), ("rs city", ""), ("revo dala", "revo"),
        ("civic i want", ""),
    ],
)  # fmt: skip
def test_words_that_are_left(text: str, words: str) -> None:
    assert left(text) == words


def test_chip_says_where_its_words_stand_and_notes_are_kept() -> None:
    text = "Genuine  Civic, 25 lac tak"
    reading = read(text, STOCK)
    spans = {chip.field: [text[start:stop] for start, stop in chip.spans] for chip in reading.chips}
    assert spans == {ChipField.MODEL: ["Civic"], ChipField.PRICE: ["25 lac tak"]}
    assert [note.text for note in reading.notes] == ["Genuine"]


def test_literal_field_stays_words() -> None:
    reading = read("black civic 2018", STOCK, frozenset({ChipField.COLOR, ChipField.YEAR}))
    assert [chip.field for chip in reading.chips] == [ChipField.MODEL]
    assert reading.text == "black 2018"


@pytest.mark.parametrize(
    "text",
    [
        "civic last years", "civic plates", "civic plots", "civic days", "civic process", "civic whether", "civic port",
        "civic other", "civic also", "civic pairs", "civic dates",
    ],
)  # fmt: skip
def test_other_word_beside_a_model_is_no_second_model(text: str) -> None:
    """Each was read as Yaris, Platz, Dayz, Prius, Vitara, Porte, Alto … too, and Civics were mixed with them."""
    assert chips(text) == {"model": ("Civic",)}


@pytest.mark.parametrize("text", ["years", "process", "any other car", "seller", "whether"])
def test_word_that_is_near_a_name_names_no_car(text: str) -> None:
    assert chips(text) == {}


@pytest.mark.parametrize(
    ("text", "filters"),
    [
        ("civic or altoo", {"model": ("Civic", "Alto")}),
        ("civic karachhi", {"model": ("Civic",), "city": ("Karachi",)}),
        ("hunda civic", {"make": ("honda",), "model": ("Civic",)}), ("corolla croos", {"model": ("Corolla Cross",)}),
        ("corollagrande2019", {"model": ("Corolla",), "year_min": 2019, "year_max": 2019}),
    ],
)  # fmt: skip
def test_misspelt_names_beside_a_model_are_read_where_they_may_be_meant(text: str, filters: dict[str, object]) -> None:
    found = chips(text)
    assert found | ({"make": tuple(map(str.lower, found["make"]))} if "make" in found else {}) == filters  # type: ignore[arg-type]
