"""Cells that were not understood are counted by column, with their commonest words."""

import pytest

from pipelines.feeds.mapping.schema import Source
from pipelines.feeds.mapping.store import load_mapping
from pipelines.feeds.parsing.parse import parse_feed
from pipelines.feeds.unread_columns import UnreadColumn, unread_of

SHOWROOM = load_mapping("showroom")


def unread(text: str) -> dict[str, UnreadColumn]:
    """The columns of a showroom's sheet of which cells were not understood, by the dealer's name of the column."""
    parsed = parse_feed(text.encode(), SHOWROOM)
    assert unread_of([each.as_json() for each in parsed.unread]) == parsed.unread
    return {each.column: each for each in parsed.unread}


def sheet(column: str, *cells: str) -> str:
    rows = (f"K{at},Toyota,Corolla,2018,45 lacs,{cell}" for at, cell in enumerate(cells))
    return "\n".join([f"Stock No,Make,Model,Year,Demand,{column}", *rows, ""])


@pytest.mark.parametrize(
    ("column", "understood", "odd"),
    [
        ("Fuel", "Petrol", "wood"), ("Transmission", "Auto", "Q"), ("Body", "Sedan", "Roundish"),
        ("Assembly", "Local", "Lahore plant"), ("Colour", "White", "Zzz"), ("Engine", "1300 cc", "big"),
        ("Mileage", "85000", "low"), ("Listed", "2025-05-01", "soon"), ("Photos", "https://x.example/1.jpg", "yes"),
        ("Location", "Lahore", "Zzzpur"),
    ],
)  # fmt: skip
def test_each_column_tells_its_odd_words_and_no_others(column: str, understood: str, odd: str) -> None:
    found = unread(sheet(column, understood, odd, "", odd, understood))
    assert set(found) == {column}
    told = found[column]
    assert (told.filled, told.not_understood, told.words, told.whole) == (4, 2, ((odd, 2),), False)
    assert unread(sheet(column, understood, "", understood)) == {}


def test_column_of_which_nothing_was_understood_comes_first_and_is_whole() -> None:
    text = (
        "Stock No,Make,Model,Year,Demand,Fuel,Transmission\n"
        "K1,Toyota,Corolla,2018,45 lacs,Petrol,X1\nK2,Toyota,Corolla,2018,45 lacs,Q,X2\n"
        "K3,Toyota,Corolla,2018,45 lacs,Q,\nK4,Toyota,Corolla,2018,45 lacs,Q,\n"
    )
    parsed = parse_feed(text.encode(), SHOWROOM)
    assert [(each.column, each.whole) for each in parsed.unread] == [("Transmission", True), ("Fuel", False)]


def test_unknown_makes_and_models_are_told_and_kept() -> None:
    text = (
        "Stock No,Make,Model,Year,Demand\n"
        "K1,Zastava,Corolla,2018,45 lacs\nK2,Toyota,Corrola,2018,45 lacs\nK3,Toyota,Corolla,2018,45 lacs\n"
    )
    found = unread(text)
    assert {name: (each.words, each.kept) for name, each in found.items()} == {
        "Make": ((("Zastava", 1),), True),
        "Model": ((("Corrola", 1),), True),
    }


def test_contacts_in_words_are_masked() -> None:
    found = unread(sheet("Colour", "ask 0300 1234567", "mail ali@example.pk"))
    assert [word for word, _ in found["Colour"].words] == ["ask [phone]", "mail [email]"]


def test_rows_that_are_no_cars_tell_no_words() -> None:
    with_kind = SHOWROOM.model_copy(update={"columns": SHOWROOM.columns | {"kind": Source(columns=("Kind",))}})
    parsed = parse_feed(sheet("Fuel,Kind", "sail,other", "sail,car").encode(), with_kind)
    assert [(each.column, each.not_understood) for each in parsed.unread] == [("Fuel", 1)]


def test_words_are_cut_and_only_the_commonest_are_shown() -> None:
    cells = [f"word {number}" for number in range(9)] + ["x" * 500] * 3
    told = unread(sheet("Colour", *cells))["Colour"]
    assert told.words[0] == ("x" * 60, 3)
    assert (len(told.words), told.not_understood) == (5, 12)


@pytest.mark.parametrize("town", ["Sadiqabad", "Gojra", "Charsadda", "Pindi Gheb", "SARAI ALAMGIR", "Khairpur Mir"])
def test_small_towns_are_known_places(town: str) -> None:
    assert unread(sheet("Location", town, f"{town}, Pakistan")) == {}
