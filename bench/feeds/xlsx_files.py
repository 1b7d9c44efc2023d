"""Workbooks beside the least that any reader must do: the library's own reading of the sheet into Python lists."""

import argparse
import io
import os
import statistics
import zipfile
from xml.sax.saxutils import escape

import polars as pl
from python_calamine import CalamineWorkbook

from bench.feeds.files import MAPPING, stock
from pipelines.feeds.mapping.store import load_mapping
from pipelines.feeds.readers.workbook.convert import write_stock_list

_COLUMNS = [
    "Stock No", "Make", "Model", "Variant", "Year", "Mileage", "Demand", "Fuel", "Transmission", "Body", "Colour",
    "Location",
]  # fmt: skip
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"/>',
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="w" '
    f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets><sheet name="Stock" sheetId="1" '
    'r:id="s"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="s" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="t" Type="{_OFFICE}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
}


def make_xlsx(rows: int) -> bytes:
    """Make a workbook as Excel stores it: texts once each in a table of their own, years and prices as numbers."""
    cars = (
        stock(rows)
        .select(_COLUMNS)
        .with_columns(
            pl.col("Year").cast(pl.Int32, strict=False),
            (pl.col("Demand").str.extract(r"([\d.]+)").cast(pl.Float64) * 100_000).cast(pl.Int64),
        )
    )
    texts: dict[str, int] = {}
    lines = [_row(1, _COLUMNS, texts), *(_row(at, car, texts) for at, car in enumerate(cars.iter_rows(), start=2))]
    shared = "".join(f"<si><t>{escape(text)}</t></si>" for text in texts)
    parts = _PARTS | {
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{_MAIN}"><sheetData>{"".join(lines)}</sheetData></worksheet>',
        "xl/sharedStrings.xml": f'<sst xmlns="{_MAIN}">{shared}</sst>',
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return packed.getvalue()


def _row(number: int, cells: list[str] | tuple[object, ...], texts: dict[str, int]) -> str:
    shown = []
    for letter, cell in zip("ABCDEFGHIJKL", cells, strict=True):
        if isinstance(cell, str):
            shown.append(f'<c r="{letter}{number}" t="s"><v>{texts.setdefault(cell, len(texts))}</v></c>')
        elif cell is not None:
            shown.append(f'<c r="{letter}{number}"><v>{cell}</v></c>')
    return f'<row r="{number}">{"".join(shown)}</row>'


def _cpu() -> float:
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def compare_xlsx(options: argparse.Namespace) -> None:
    """Take turns: the library alone, and the platform's own child process with its text. CPU time counts."""
    data = make_xlsx(options.rows)
    names = load_mapping(MAPPING).source_columns()
    theirs, ours = [], []
    for _ in range(options.repeat):
        began = _cpu()
        read = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()
        between = _cpu()
        out = io.BytesIO()
        write_stock_list(io.BytesIO(data), names, out, 1 << 30)
        ended = _cpu()
        if (written := out.getvalue().count(b"\n")) != len(read):
            raise SystemExit(f"{written} rows written of {len(read)}")
        theirs.append(between - began)
        ours.append(ended - between)
        del read
    ratio = statistics.median(theirs) / statistics.median(ours)
    print(f"{options.rows:,} rows of {len(_COLUMNS)} columns in {len(data) / 1e6:.1f} MB; {options.repeat} repetitions")
    print(f"the library alone {statistics.median(theirs):.2f} s of CPU; ours {statistics.median(ours):.2f} s")
    print(f"xlsx: {ratio:.2f} x the rows a second of the library (target 0.7): {'met' if ratio >= 0.7 else 'MISSED'}")
