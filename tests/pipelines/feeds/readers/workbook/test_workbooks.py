"""Workbooks are read as the person who made them sees them, and cannot take more than they may."""

import io
import zipfile
from collections.abc import Sequence

import pytest

from core.errors import RefusedFileError
from pipelines.feeds.mapping.store import load_mapping
from pipelines.feeds.parsing.parse import parse_feed
from pipelines.feeds.parsing.parse_batch import parse_batch
from pipelines.feeds.parsing.result import ParsedFeed
from pipelines.feeds.readers.unpack import unpack
from pipelines.feeds.readers.workbook import convert
from pipelines.feeds.readers.workbook.header_lines import header_name
from pipelines.feeds.suggest.suggest import suggest_mapping
from tests.factories.workbooks import Cell, ods, xlsx

HEADER: list[Cell] = ["Stock No", "Make", "Model", "Year", "Demand", "Mileage"]
NAMES = [str(cell) for cell in HEADER]
CAR: list[Cell] = ["K1", "Toyota", "Corolla", 2015, 4_500_000, 85_000]
CSV = b"Stock No,Make,Model,Year,Demand,Mileage\nK1,Toyota,Corolla,2015,4500000,85000\n"


def car(key: Cell) -> list[Cell]:
    return [key, *CAR[1:]]


def text_of(data: bytes, names: Sequence[str] = NAMES) -> list[str]:
    return unpack(data, names=names).data.decode().splitlines()


def keys_of(parsed: ParsedFeed) -> list[str]:
    return parsed.listings.sort("row_number")["source_key"].to_list()


def refused(data: bytes, mapping: str = "showroom") -> str:
    with pytest.raises(RefusedFileError) as caught:
        parse_feed(data, load_mapping(mapping))
    return caught.value.code


@pytest.mark.parametrize(("write", "kind"), [(xlsx, "xlsx"), (ods, "ods")])
def test_workbook_is_read_as_the_same_list_in_text(write: object, kind: str) -> None:
    mapping = load_mapping("showroom")
    parsed = parse_feed(write({"Stock": [HEADER, CAR]}), mapping)  # type: ignore[operator]  # parametrised functions
    assert parsed.listings.drop("raw", strict=False).equals(parse_feed(CSV, mapping).listings.drop("raw", strict=False))
    assert parsed.containers == (kind,)


def test_batch_reads_workbooks_beside_text() -> None:
    found = parse_batch([CSV, xlsx({"Stock": [HEADER, car("K2")]}), b""], load_mapping("showroom"))
    assert [keys_of(each) for each in found if isinstance(each, ParsedFeed)] == [["K1"], ["K2"]]
    assert isinstance(found[2], RefusedFileError)


def test_sheet_is_chosen_by_its_columns_not_its_place_or_length() -> None:
    notes: list[list[Cell]] = [[f"note {number}", "to do"] for number in range(90)]
    data = xlsx({"Notes": notes, "Stock": [HEADER, CAR], "Prices": [["Make", "Demand"], ["Toyota", 1]]})
    assert text_of(data)[1:] == ["K1\tToyota\tCorolla\t2015\t4500000\t85000"]


def test_sheets_with_the_same_columns_are_one_list_and_sold_or_hidden_cars_are_none() -> None:
    sheets = {"Lahore": [HEADER, CAR], "Sold 2024": [HEADER, car("S1")], "Karachi": [HEADER, car("K2")]}
    data = xlsx(sheets | {"Draft": [HEADER, car("H1")]}, hidden=["Draft"])
    assert keys_of(parse_feed(data, load_mapping("showroom"))) == ["K1", "K2"]


def test_titles_blank_rows_and_repeated_headers_are_no_cars() -> None:
    rows: list[list[Cell]] = [["Al-Noor Motors"], [], ["Stock of May 2025", "", "", "page", 1], HEADER, CAR, [], HEADER]
    assert text_of(xlsx({"Stock": [*rows, car("K2")]}))[1:] == [
        "K1\tToyota\tCorolla\t2015\t4500000\t85000", "K2\tToyota\tCorolla\t2015\t4500000\t85000"
    ]  # fmt: skip


def test_header_of_two_lines_names_units_and_parts() -> None:
    rows: list[list[Cell]] = [
        ["Stock No", "Make", "Model", "Year", "Price", "", "Mileage"],
        ["", "", "", "", "Demand", "Instalment", "(miles)"],
        ["K1", "Toyota", "Corolla", 2015, 4_500_000, 95_000, 85_000],
    ]
    assert keys_of(parse_feed(xlsx({"Stock": rows}), load_mapping("showroom"))) == ["K1"]
    assert text_of(xlsx({"Stock": rows}), ["Stock No", "Make", "Model"])[0].split("\t") == [
        "Stock No", "Make", "Model", "Year", "Price Demand", "Price Instalment", "Mileage (miles)",
    ]  # fmt: skip


def test_line_that_titles_a_part_of_the_table_is_no_second_header() -> None:
    assert text_of(xlsx({"Stock": [HEADER, ["TOYOTA"], CAR]}))[0] == "\t".join(map(str, HEADER))


@pytest.mark.parametrize(
    ("stored", "read"),
    [
        ("00123", "00123"),  # leading zeros, formatted as text
        (489201123456.0, "489201123456"),
        (1001.0, "1001"),
        (1.2345678901234567e17, None),  # Excel has only the first 15 digits
        (1234567890123456.0, None),
        (("date", "46093"), None),  # 12-Mar, which was 3-12
        (("e", "#REF!"), None),
    ],
)
def test_key_is_as_the_sender_typed_it_or_refused(stored: Cell, read: str | None) -> None:
    parsed = parse_feed(xlsx({"Stock": [HEADER, CAR, car(stored)]}), load_mapping("showroom"))
    assert keys_of(parsed) == ["K1", *([read] if read else [])]
    assert parsed.rejects["row_number"].to_list() == ([] if read else [2])


@pytest.mark.parametrize("date_1904", [False, True])
def test_dates_are_counted_from_the_day_that_the_workbook_says(date_1904: bool) -> None:
    data = xlsx({"Stock": [HEADER, [*CAR[:5], ("date", "44000")]]}, date_1904=date_1904)
    assert text_of(data)[1].endswith("\t2024-06-19 00:00:00" if date_1904 else "\t2020-06-18 00:00:00")


@pytest.mark.parametrize(
    ("cell", "shown"), [(True, "TRUE"), (0.455, "0.455"), (("percent", "0.5"), "0.5"), (-3, "-3"), ("a\nb", '"a\nb"')]
)
def test_cells_are_written_as_they_are_seen(cell: Cell, shown: str) -> None:
    assert unpack(xlsx({"S": [HEADER, [*CAR[:5], cell]]}), names=["Make"]).data.decode().endswith(f"\t{shown}\n")


def test_suggestion_from_a_workbook_reads_it() -> None:
    rows = [HEADER, *(car(f"AB-{number}7") for number in range(12))]
    data = xlsx({"Notes": [["for May"]], "Stock": [["Al-Noor Motors"], *rows]})
    mapping = suggest_mapping(data, "al-noor").mapping
    assert len(keys_of(parse_feed(data, mapping))) == 12
    assert {"make", "model", "model_year", "price", "mileage"} <= mapping.columns.keys()


def test_workbook_in_a_zip_beside_photos_is_read() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("stock.xlsx", xlsx({"Stock": [HEADER, CAR]}))
        archive.writestr("photos/1.jpg", b"\xff\xd8")
    parsed = parse_feed(buffer.getvalue(), load_mapping("showroom"))
    assert (keys_of(parsed), parsed.containers) == (["K1"], ("zip", "xlsx"))


def test_empty_damaged_and_foreign_workbooks_are_refused_by_name() -> None:
    whole = xlsx({"Stock": [HEADER, CAR]})
    assert refused(xlsx({"Stock": []})) == "no_rows"
    assert refused(_changed(whole, b"</sheetData>", b"</sheet")) == "spreadsheet_damaged"
    assert refused(whole, "json") == "spreadsheet_file"
    assert refused(whole[: len(whole) // 2]) == "archive_damaged"


def test_workbook_that_takes_more_memory_than_it_may_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert refused(_with_far_cell()) == "spreadsheet_too_large"
    monkeypatch.setattr(convert, "_WALL_SECONDS", 0.01)
    assert refused(xlsx({"Stock": [HEADER, CAR]})) == "spreadsheet_too_large"


def _with_far_cell() -> bytes:
    """Return a workbook with a cell in the last row and column, so that its area has 17,000,000,000 cells."""
    cell = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    return _changed(xlsx({"Stock": [HEADER, CAR]}), b"</sheetData>", cell)


def _changed(data: bytes, old: bytes, new: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as plain, zipfile.ZipFile(buffer, "w") as made:
        for name in plain.namelist():
            made.writestr(name, plain.read(name).replace(old, new))
    return buffer.getvalue()


def test_workbook_that_unpacks_to_far_more_than_its_size_is_refused_unread() -> None:
    assert refused(xlsx({"Stock": [HEADER, [*CAR[:5], "a" * 3_000_000]]})) == "archive_bomb"


def test_name_of_a_header_is_compared_by_letters_and_digits() -> None:
    assert header_name(" Stock #\n") == header_name("stock no")
