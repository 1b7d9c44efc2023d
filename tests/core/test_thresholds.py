"""Hidden cars count from five cars of three sellers on, and visible cars are no cover for them."""

from pathlib import Path
from uuid import UUID

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.access.thresholds import FEWEST_CARS, FEWEST_SELLERS, may_be_compared, may_be_told, tellable, undominated


@pytest.mark.parametrize(
    ("cars", "sellers", "told"), [(5, 3, True), (4, 3, False), (5, 2, False), (0, 0, False), (900, 2, False)]
)
def test_figure_rests_on_five_cars_of_three_sellers(cars: int, sellers: int, told: bool) -> None:
    assert may_be_told(cars, sellers) is told


ROWS = st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xyz"), st.booleans()), min_size=1, max_size=30)


@given(ROWS)
def test_hidden_cars_are_told_by_their_own_number_whatever_is_visible(rows: list[tuple[str, str, bool]]) -> None:
    cars = pl.DataFrame(rows, schema={"cell": pl.String, "seller": pl.String, "visible": pl.Boolean}, orient="row")
    told = tellable(cars, ["cell"], visible="visible", seller="seller").to_list()
    for (cell, _, visible), each in zip(rows, told, strict=True):
        hidden = [seller for other, seller, seen in rows if other == cell and not seen]
        enough = len(hidden) >= FEWEST_CARS and len(set(hidden)) >= FEWEST_SELLERS
        assert each is (visible or enough)


def test_cell_may_be_a_missing_value() -> None:
    cars = pl.DataFrame({"trim": [None] * 5, "seller": list("aabbc"), "visible": [False] * 5})
    assert tellable(cars, ["trim"], visible="visible", seller="seller").all()


@pytest.mark.parametrize(
    ("sold", "left"),
    [
        ({"a": 998, "b": 1, "c": 1}, {"a": 2, "b": 1, "c": 1}),
        ({"a": 998}, {}),
        ({"a": 5, "b": 3, "c": 2}, {"a": 5, "b": 3, "c": 2}),
        ({"a": 600, "b": 200, "c": 100}, {"a": 300, "b": 200, "c": 100}),
    ],
    ids=str,
)
def test_no_seller_has_over_half_of_what_a_figure_rests_on(sold: dict[str, int], left: dict[str, int]) -> None:
    rows = [seller for seller, count in sold.items() for _ in range(count)]
    cars = pl.DataFrame({"seller": rows, "sold": [True] * len(rows), "cell": ["x"] * len(rows)})
    for cell in ([], ["cell"]):
        kept = undominated(cars, cell, seller="seller", counted="sold")
        assert dict(kept.group_by("seller").len().rows()) == left


def test_cars_of_a_dominating_seller_are_thinned_evenly_whether_they_sold_or_not() -> None:
    own = pl.DataFrame({"seller": ["a"] * 800, "sold": [True, False] * 400, "number": range(800)})
    others = pl.DataFrame({"seller": ["b", "c"] * 50, "sold": [True] * 100, "number": range(100)})
    open_only = pl.DataFrame({"seller": ["d"] * 7, "sold": [False] * 7, "number": range(7)})
    kept = undominated(pl.concat([own, others, open_only]), [], seller="seller", counted="sold")
    of_own = kept.filter(pl.col("seller") == "a")
    assert of_own.group_by("sold").len().sort("sold").rows() == [(False, 100), (True, 100)]
    assert of_own["number"].median() == pytest.approx(400, abs=8)
    assert kept.height == 200 + 100 + 7


@pytest.mark.parametrize(
    ("cars", "asking", "told"),
    [
        ([10, 10, 10, 10, 10], None, True),
        ([10, 10, 10, 10], None, False),
        ([10, 10, 10, 10, 10], 0, False),  # five dealers besides the asking one
        ([10, 10, 10, 10, 10, 900], 5, True),  # whose own cars neither cover nor count
        ([40, 10, 10, 10, 10], None, True),
        ([41, 10, 10, 10, 10], None, False),  # more than half are one dealer's
        ([10, 10, 10, 10, 0], None, False),
        ([], None, False),
    ],
)
def test_benchmark_rests_on_five_other_dealers_none_above_half(cars: list[int], asking: int | None, told: bool) -> None:
    shares = {UUID(int=number): count for number, count in enumerate(cars)}
    assert may_be_compared(shares, None if asking is None else UUID(int=asking)) is told


def test_what_is_told_of_prices_asks_the_thresholds() -> None:
    """Bands and the index rest on ads that `teaching_ads` lets through, and prices at the import on public cars alone.

    Both ask here how many sellers are enough, and no other room counts sellers.
    """
    of_prices = {"teaching.py", "market.py", "evidence.py", "training.py"}  # the last two of sales
    root = Path(__file__).parents[2] / "pipelines"
    asking = {path.name for path in root.rglob("*.py") if "core.access.thresholds import" in path.read_text()}
    # They ask how many devices or shoppers are enough.
    of_shoppers = {"unread_words.py", "trending.py", "funnels.py", "popularity.py"}
    assert asking - of_shoppers == of_prices
    through = {path.name for path in root.rglob("*.py") if "teaching_ads(" in path.read_text()} - {"teaching.py"}
    assert {"market_index.py"} <= through
    texts = {path: path.read_text() for path in root.rglob("*.py")}
    counting = {path.name for path, text in texts.items() if "n_unique" in text and "seller" in text}
    assert counting == {"market_index.py", "market.py", "evidence.py", "training.py"}
    sales = root / "price_bands" / "sales"
    assert "may_be_told(" in (sales / "evidence.py").read_text()
    assert "may_teach_sales(" in (sales / "training.py").read_text()
    assert all("undominated(" in (sales / name).read_text() for name in ("evidence.py", "training.py"))
    forecasting = (root.parent / "serving" / "price_bands" / "index.py").read_text()
    assert "may_be_told(rows[-1].samples, rows[-1].sellers)" in forecasting  # of what `market_index.py` counts
    assert "AND {IS_PUBLIC_SQL}" in texts[root / "imports" / "prices" / "market.py"]
