"""Turn a workbook into tab-separated text, in a child process with limits of memory and time."""

import json
import shutil
import zipfile
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

from core.processes.limited_child import ChildLimits, child_answer
from pipelines.feeds.readers.workbook.header_lines import header_name
from pipelines.feeds.refusal_codes import refusal
from pipelines.feeds.unread_columns import UnreadColumn, left_out_sheet, read_hidden_rows

WORKBOOKS = ("xlsx", "ods")
"""Forms that are read, by the name that they have among the containers of a file."""
MEMORY_BYTES = 1_500_000_000
"""Address space of the child: 100,000 rows of 12 columns take 0.2 GB."""
CPU_SECONDS = 120
_WALL_SECONDS = 300.0  # on a machine that is busy with other things
_ODS = b"application/vnd.oasis.opendocument.spreadsheet"


def workbook_kind(archive: zipfile.ZipFile) -> str | None:
    """Return the form of the workbook that a zip is, by its content; None for other zips."""
    names = {entry.filename for entry in archive.infolist()}
    if "[Content_Types].xml" in names and any(name.startswith("xl/") for name in names):
        return "xlsx"
    if {"mimetype", "content.xml"} <= names and archive.getinfo("mimetype").file_size < 200:
        return "ods" if archive.read("mimetype").strip().startswith(_ODS) else None
    return None


def write_stock_list(
    workbook: IO[bytes], names: Iterable[str], out: IO[bytes], most_bytes: int
) -> tuple[UnreadColumn, ...]:
    """Write the sheet that has the most of the named columns into `out`, and tell of sheets left out and rows hidden.

    Args:
        workbook: an open file that can be sought.
        names: the columns' names that the reader knows, in any spelling.
        out: where the text is written to.
        most_bytes: the size at which the text is refused.

    Raises:
        RefusedFileError: `spreadsheet_damaged`, `spreadsheet_too_large`, `spreadsheet_file` or `no_rows`.
    """
    with TemporaryDirectory(prefix="workbook-") as name:
        folder = Path(name)
        workbook.seek(0)
        with (folder / "workbook").open("wb") as copy:
            shutil.copyfileobj(workbook, copy)
        known = sorted({header_name(each) for each in names} - {""})
        (folder / "names.json").write_text(json.dumps(known))
        made = _convert(folder, most_bytes)
        with (folder / "list.tsv").open("rb") as text:
            shutil.copyfileobj(text, out)
    left_out = [left_out_sheet(*each) for each in made["left_out"]]
    return (*left_out, *(read_hidden_rows(*each) for each in made["hidden_rows"]))


def _convert(folder: Path, most_bytes: int) -> dict[str, Any]:
    limits = ChildLimits(MEMORY_BYTES, CPU_SECONDS, most_bytes, _WALL_SECONDS)
    made = child_answer("pipelines.feeds.readers.workbook.child", folder, limits)
    if made is None:
        raise refusal("spreadsheet_too_large")
    if code := made.get("refused"):
        raise refusal(code)
    return made
