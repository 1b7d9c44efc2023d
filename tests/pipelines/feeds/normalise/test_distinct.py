"""Words that repeat are found, and columns of few and of many words are cleaned alike."""

import polars as pl
import pytest

from pipelines.feeds.normalise.cells import CleanColumns
from pipelines.feeds.normalise.distinct import distinct

ROWS = 8_000


def test_words_are_found_that_repeat_only_after_many_rows() -> None:
    prices = pl.DataFrame({"price": [f"PKR {row % 1_500} lacs" for row in range(ROWS)]})

    found = distinct(prices)

    assert found.codes is not None
    assert found.rows.height == 1_500
    assert found.spread(found.rows).equals(prices)


def test_column_in_which_most_words_differ_is_left_whole() -> None:
    assert distinct(pl.DataFrame({"key": [f"{row}" for row in range(ROWS)]})).codes is None


@pytest.mark.parametrize("written", ["\u200bred", "r\x01ed", "red\x7f", "\u00a0red", "red\t", "\ufeffred \n"])
def test_one_odd_cell_is_cleaned_where_all_cells_differ(written: str) -> None:
    cells = [f"car {row}, first owner" for row in range(ROWS)]
    cells[ROWS // 2] = written

    cleaned = CleanColumns(pl.DataFrame({"remarks": cells}), ["remarks"]).column("remarks")

    assert cleaned[ROWS // 2] == "red"
    assert cleaned[0] == cells[0]
