"""What is typed is completed beyond the name, with what there is of it, the same on every engine."""

from uuid import UUID

import pytest

from core.access.audience import Audience
from core.search import SearchEngine
from core.search.reading.completing import complete
from tests.core.search.conftest import document

ANYONE = Audience.anonymous()
CARS = [
    ("Honda", "Civic", "Oriel", 2018, "Karachi", 40, "public"),
    ("Honda", "Civic", "Oriel", 2018, "Karachi", 42, "public"),
    ("Honda", "Civic", None, 2017, "Lahore", 35, "public"),
    ("Honda", "Civic", None, 2012, "Rahim Yar Khan", 18, "private"),
    ("Toyota", "Corolla", "GLi", 2015, "Karachi", 28, "public"),
    ("Toyota", "Corolla", "XLi", 2020, "Kasur", 33, "public"),
    ("Honda", "CR-V", None, 2016, "Lahore", 60, "public"),
    ("Toyota", "Crown", "Velvet", 2010, "Lahore", 55, "public"),
]


@pytest.fixture
def stock(index: SearchEngine) -> SearchEngine:
    with index.rebuilding() as batch:
        batch.upsert(
            [
                document(make=make, model=model, variant=variant, model_year=year, city=city, visibility=visibility,
                         title=f"{make} {model} {variant or ''}", price_pkr=lacs * 100_000, id=UUID(int=number + 1))
                for number, (make, model, variant, year, city, lacs, visibility) in enumerate(CARS)
            ]
        )  # fmt: skip
    return index


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("civic kar", [("Civic Karachi", 2)]),
        ("honda civic l", [("Honda Civic Lahore", 1)]),
        ("civic rahim yar", []),  # the one there is private
        ("civic 201", [("Civic 2018", 2), ("Civic 2017", 1)]),
        ("corolla gli 20", [("Corolla gli 2015", 1)]),
        ("corolla ka", [("Corolla Karachi", 1), ("Corolla Kasur", 1)]),
        ("civic under", [("Civic under 40 lac", 2), ("Civic under 50 lac", 3), ("Civic under 60 lac", 3)]),
        ("civic under 4", [("Civic under 40 lac", 2)]),
        ("corolla gl", [("Toyota Corolla GLi", 1)]),
        ("zzzz kar", []),
    ],
)
def test_text_goes_on_behind_a_name_with_what_visitors_can_find(
    stock: SearchEngine, typed: str, completed: list[tuple[str, int]]
) -> None:
    found = [(one.value, one.count) for one in complete(stock, typed, ANYONE)]
    assert found[: len(completed) or None] == completed  # behind them, names that are spelt otherwise or misspelt


def test_name_with_a_sign_offers_that_name(stock: SearchEngine) -> None:
    assert [one.value for one in complete(stock, "cr-v", ANYONE)] == ["Honda CR-V"]
    assert {one.value for one in complete(stock, "cr", ANYONE)} >= {"Honda CR-V", "Toyota Crown"}


@pytest.mark.parametrize(
    "typed", ["", " ", "-", "a-", "--v", "civic \x00\ud800", "ہنڈا ک", "1 2 3", "under", "x" * 200, "civic " * 30]
)
def test_any_text_is_completed_or_not_without_an_error(stock: SearchEngine, typed: str) -> None:
    assert len(complete(stock, typed, ANYONE, limit=3)) <= 3
