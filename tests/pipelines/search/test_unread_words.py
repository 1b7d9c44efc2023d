"""Words that searches were left with are told once enough devices typed them; whole searches never are."""

import json
from dataclasses import asdict

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from core.access.thresholds import FEWEST_DEVICES
from core.search.reading.vocabulary import StockVocabulary
from core.search.words.typeahead import Suggestion, SuggestionKind
from pipelines.search.unread_words import UnreadReport, UnreadWord, unread_words

STOCK = StockVocabulary(
    [Suggestion(SuggestionKind.MAKE, "Honda", 9), Suggestion(SuggestionKind.MODEL, "Honda Civic", 9),
     Suggestion(SuggestionKind.CITY, "Lahore", 5)]
)  # fmt: skip


def searches(rows: list[tuple[str | None, int | None, int | None]]) -> pl.DataFrame:
    schema = {"query": pl.String, "device": pl.Int64, "results": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def test_word_is_told_from_twenty_devices_on_with_its_searches_and_empty_pages() -> None:
    often = [(f"civic sunroof {'lahore' if one % 2 else ''}", one, one % 3) for one in range(FEWEST_DEVICES)]
    again = [("civic sunroof", 0, 0), ("honda civic", 1, 5)]
    seldom = [("civic ahmadkhan", one, 0) for one in range(FEWEST_DEVICES - 1)]
    often_by_one = [("quokka civic", 99, 0)] * 50
    report = unread_words(searches([*often, *again, *seldom, *often_by_one]), STOCK)
    assert report.words == [UnreadWord("sunroof", FEWEST_DEVICES, FEWEST_DEVICES + 1, 8)]
    assert (report.searches, report.understood, report.rare_words) == (len(often) + 2 + len(seldom) + 50, 1, 2)
    shown = json.dumps(asdict(report))
    assert not [word for word in ("ahmadkhan", "quokka", "lahore") if word in shown]


def test_missing_fields_and_no_searches_at_all_are_an_empty_report() -> None:
    assert unread_words(searches([]), STOCK) == UnreadReport(0, 0, 0, [])
    assert unread_words(searches([(None, 1, 1), ("sunroof", None, 1)]), STOCK).searches == 0
    assert unread_words(searches([("sunroof", one, None) for one in range(30)]), STOCK).words[0].without_cars == 0


@given(st.lists(st.tuples(st.text(max_size=12).filter(lambda text: text.encode(errors="ignore").decode() == text),
                          st.integers(0, 40), st.integers(0, 3)), max_size=60))  # fmt: skip
def test_no_word_of_fewer_devices_is_ever_told(rows: list[tuple[str, int, int]]) -> None:
    report = unread_words(searches(list(rows)), STOCK)
    assert all(one.devices >= FEWEST_DEVICES for one in report.words)
    assert report.searches == len(rows) >= report.understood
