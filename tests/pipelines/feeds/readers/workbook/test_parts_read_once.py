"""A workbook's own parts are opened once and searched once, whatever is looked for in them."""

import json
import zipfile
from collections import Counter
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest

from pipelines.feeds.readers.workbook import xml_parts
from pipelines.feeds.readers.workbook.child import made
from tests.factories.workbooks import Cell, Sheets, ods, xlsx

ROWS: list[list[Cell]] = [["Stock No", "Make", "Model"], *([f"K{at}", "Toyota", "Corolla"] for at in range(50))]


@pytest.mark.parametrize(("write", "part"), [(xlsx, "xl/worksheets/sheet"), (ods, "content.xml")])
def test_each_part_is_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Callable[[Sheets], bytes], part: str
) -> None:
    (tmp_path / "workbook").write_bytes(write({"Stock": ROWS}))
    (tmp_path / "names.json").write_text(json.dumps(["stockno", "make", "model"]))
    opened: Counter[str] = Counter()

    class Counting(zipfile.ZipFile):
        def __init__(self, file: Path) -> None:
            opened["zip"] += 1
            super().__init__(file)

        def open(self, name: str, *given: object, **named: object) -> object:  # type: ignore[override]
            opened["sheets"] += str(name).startswith(part)
            return super().open(name, *given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(zipfile, "ZipFile", Counting)
    assert made(tmp_path) == {"left_out": [], "hidden_rows": []}
    assert (tmp_path / "list.tsv").read_text().count("\n") == len(ROWS)
    assert opened == {"zip": 1, "sheets": 1}


@pytest.mark.parametrize("size", range(1, 24))
def test_sign_that_stands_across_two_pieces_is_found(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("part", b'aaa<c t="e"/>bbb<row hidden=')
    monkeypatch.setattr(xml_parts, "_STEP", size)
    signs: xml_parts.Signs = {
        "error": lambda text: b'"e"' in text, "hidden": lambda text: b"hidden=" in text, "never": lambda _: False
    }  # fmt: skip
    with zipfile.ZipFile(packed) as archive:
        parts = xml_parts.WorkbookParts(archive, signs, {})
        assert [parts.hold("part", name) for name in ("error", "hidden", "never")] == [True, True, False]
