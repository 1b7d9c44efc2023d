"""A line of units below the header means the same in text and in workbooks, under a preset and under a suggestion."""

import csv
import io

import pytest

from pipelines.feeds.mapping.store import load_mapping
from pipelines.feeds.parsing.parse import parse_feed
from pipelines.feeds.suggest.suggest import suggest_mapping
from tests.factories.workbooks import ods, xlsx

HEADER = ["Stock No", "Make", "Model", "Year", "Demand", "Mileage"]
CARS = [[f"K{at}", "Toyota", "Yaris", "2019", "45" if at % 2 else "38", "52000"] for at in range(6)]
MILES_IN_KM = 83_686


def written(form: str, units: list[str]) -> bytes:
    rows = [HEADER, units, *CARS]
    if form == "csv":
        out = io.StringIO()
        csv.writer(out).writerows(rows)
        return out.getvalue().encode()
    return {"xlsx": xlsx, "ods": ods}[form]({"Stock": rows})


@pytest.mark.parametrize(
    ("units", "kilometres"),
    [
        (["", "", "", "", "(Lacs)", ""], 52_000), (["", "", "", "", "lacs", "km"], 52_000),
        (["", "", "", "", "PKR lac", "mi"], MILES_IN_KM), (["no", "", "", "yyyy", "Rs. Lacs", "km"], 52_000),
        (["no.", "", "", "year", "in lacs", "miles"], MILES_IN_KM),
    ],
)  # fmt: skip
@pytest.mark.parametrize("mapping", ["preset", "suggested"])
@pytest.mark.parametrize("form", ["csv", "xlsx", "ods"])
def test_units_below_the_header_are_read(form: str, mapping: str, units: list[str], kilometres: int) -> None:
    """A workbook with "(Lacs)" was refused under a preset, and "mi" was no unit: miles were published as kilometres."""
    data = written(form, units)
    read = parse_feed(data, load_mapping("showroom") if mapping == "preset" else suggest_mapping(data, "x").mapping)
    assert read.rejects.rows() == []
    assert read.listings["price_pkr"].to_list() == [3_800_000, 4_500_000] * 3
    assert set(read.listings["mileage_km"]) == {kilometres}
