"""A row becomes a listing or a reject by its own cells, whatever else its file holds."""

from datetime import date

import pytest

from core.listing_frame import EARLIEST_MODEL_YEAR, latest_model_year
from pipelines.feeds.mapping.store import load_mapping
from pipelines.feeds.normalise import row_rules
from pipelines.feeds.parsing.parse import parse_feed

TODAY = date(2026, 11, 1)
HEADER = "Stock No,Make,Model,Year,Demand,Listed"


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_rules, "market_today", lambda: TODAY)


def read(*rows: str, header: str = HEADER) -> tuple[list[str], dict[str, str]]:
    """Keys of the listings, and the reject code of each other key."""
    parsed = parse_feed("\n".join([header, *rows]).encode(), load_mapping("showroom"))
    return parsed.keys.to_list(), dict(parsed.rejects.select("source_key", "code").iter_rows())


def test_model_years_follow_the_calendar_in_a_file_without_dates() -> None:
    years = (EARLIEST_MODEL_YEAR - 1, EARLIEST_MODEL_YEAR, 2027, 2028, 2029, 2030, 2031)
    kept, rejected = read(*(f"K{year},Toyota,Yaris,{year},45 lacs," for year in years))
    assert latest_model_year(TODAY) == 2027
    assert kept == ["K1950", "K2027"]
    assert rejected == {f"K{year}": "bad_year" for year in (1949, 2028, 2029, 2030, 2031)}


def test_date_in_the_future_admits_no_later_model_year() -> None:
    kept, rejected = read("A,Toyota,Corolla,2015,45 lacs,2099-01-01", "B,Toyota,Corolla,2050,45 lacs,2026-01-01")
    assert (kept, rejected) == (["A"], {"B": "bad_year"})


def test_old_dates_refuse_no_new_car() -> None:
    rows = ("A,Toyota,Corolla,2015,45 lacs,12/03/2019", "B,Toyota,Yaris,2021,45 lacs,", "C,Honda,City,2026,55 lacs,")
    assert read(*rows) == (["A", "B", "C"], {})
