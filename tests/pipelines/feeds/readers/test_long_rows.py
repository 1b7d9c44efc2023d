"""A row of over 100,000 characters is rejected for its length in every format, and the rows around it are read."""

import csv
import io
import json
from collections.abc import Callable
from xml.sax.saxutils import escape

import pytest

from pipelines.feeds.parsing.parse import parse_feed
from pipelines.feeds.readers.raw_table import ROW_TOO_LONG
from pipelines.feeds.suggest.suggest import suggest_mapping
from tests.factories.workbooks import ods, xlsx

Car = dict[str, str]
NAMES = ("stock_no", "make", "model", "year", "price", "description", "remarks", "notes", "comments")
MOST_IN_A_CELL = 30_000
"""A cell of XLSX holds 32,767 characters."""


def cars(count: int, long: int | None = None, letter: str = "x") -> list[Car]:
    """Cars, one of which is longer than a row may be."""
    made = [
        dict(zip(NAMES, (f"K{at}", "Toyota", "Yaris", "2019", f"{40 + at % 9} lacs", "Fine", "", "", ""), strict=True))
        for at in range(count)
    ]
    if long is not None:
        made[long] |= dict.fromkeys(NAMES[-4:], letter * MOST_IN_A_CELL)
    return made


def as_csv(rows: list[Car]) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, NAMES)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def as_list(rows: list[Car]) -> bytes:
    return json.dumps(rows, ensure_ascii=False).encode()


def as_nested(rows: list[Car]) -> bytes:
    return json.dumps({"cars": rows}, ensure_ascii=False).encode()


def as_lines(rows: list[Car]) -> bytes:
    return "\n".join(json.dumps(row, ensure_ascii=False) for row in rows).encode()


def as_xml(rows: list[Car], encoding: str = "utf-8") -> bytes:
    inner = "".join(
        f"<car>{''.join(f'<{name}>{escape(text)}</{name}>' for name, text in row.items())}</car>\n" for row in rows
    )
    end = f"<options>{'<o>leather</o>' * 9_000}</options>"  # what follows the last car is no part of it
    return f'<?xml version="1.0" encoding="{encoding}"?><stock>{inner}{end}</stock>'.encode(encoding)


def as_utf_16(rows: list[Car]) -> bytes:
    return as_xml(rows, "utf-16")


def as_big_endian(rows: list[Car]) -> bytes:
    return b"\xfe\xff" + as_xml(rows, "utf-16-be").replace("-be".encode("utf-16-be"), b"", 1)


def as_xlsx(rows: list[Car]) -> bytes:
    return xlsx({"Stock": [list(NAMES), *(list(row.values()) for row in rows)]})


def as_ods(rows: list[Car]) -> bytes:
    return ods({"Stock": [list(NAMES), *(list(row.values()) for row in rows)]})


FORMATS: list[Callable[[list[Car]], bytes]] = [
    as_csv, as_list, as_nested, as_lines, as_xml, as_utf_16, as_big_endian, as_xlsx, as_ods,
]  # fmt: skip


@pytest.mark.parametrize("count", [5, 900])
@pytest.mark.parametrize("place", [0, 2, -1])
@pytest.mark.parametrize("made", FORMATS, ids=lambda made: made.__name__)
def test_row_that_is_too_long_is_rejected_alone(made: Callable[[list[Car]], bytes], place: int, count: int) -> None:
    mapping = suggest_mapping(made(cars(count)), "x").mapping
    read = parse_feed(made(cars(count, long=place)), mapping)
    assert (read.rejects.select("row_number", "code").rows()) == [(range(count)[place] + 1, "row_too_long")]
    assert len(read.rejects["value"][0]) <= 2_000 < ROW_TOO_LONG
    keys = [row["stock_no"] for at, row in enumerate(cars(count)) if at != range(count)[place]]
    assert read.listings["source_key"].to_list() == keys


@pytest.mark.parametrize("made", FORMATS, ids=lambda made: made.__name__)
def test_letters_are_counted_and_not_their_bytes(made: Callable[[list[Car]], bytes]) -> None:
    rows = cars(5)
    rows[2] |= dict.fromkeys(NAMES[-3:], "گ" * MOST_IN_A_CELL)  # 90,000 letters, 180,000 bytes
    read = parse_feed(made(rows), suggest_mapping(made(cars(5)), "x").mapping)
    assert read.rejects.rows() == []
    assert read.listings.height == len(rows)
