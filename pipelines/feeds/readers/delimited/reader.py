"""Read CSV, TSV, semicolons and pipes so that one bad row costs one row."""

from array import array
from dataclasses import dataclass, replace

import polars as pl

from core.errors import RefusedFileError
from pipelines.feeds.mapping.schema import Mapping
from pipelines.feeds.readers.byte_offsets import line_offsets
from pipelines.feeds.readers.delimited.blank_lines import BLANK, MAX_RECORD_LINES, shorten_blank_runs
from pipelines.feeds.readers.delimited.clean_lines import is_clean, judge_lines, same_line_ends, split_columns
from pipelines.feeds.readers.delimited.layout import Layout, find_layout
from pipelines.feeds.readers.delimited.records import Record, cells_frame, read_record, records_of
from pipelines.feeds.readers.delimited.units import with_units
from pipelines.feeds.readers.encoding import UNDECODED, Decoded
from pipelines.feeds.readers.known_rows import KnownRows, Recognise, digest_cells, digest_lines
from pipelines.feeds.readers.limits import MOST_UNREADABLE, UnreadableRecords
from pipelines.feeds.readers.raw_table import SHOWN, RawTable, raw_rejects

HEAD = 1 << 20
"""Characters at the beginning that tell how the file is laid out; a longer header is none."""


def lines_of(text: str) -> list[str]:
    """Split a text into lines, whatever line ends it has."""
    return same_line_ends(text).split("\n")


@dataclass(frozen=True)
class Rows:
    """The records of some lines: row numbers begin with 1."""

    frame: pl.DataFrame
    """Cells with row numbers, but for rows that were recognised."""
    bad: list[tuple[int, str, str]]
    """Row number, code and text of records that are no rows."""
    begins: "array[int]"
    """The line that each record begins on."""
    known: KnownRows | None = None

    def as_table(self, decoded: Decoded, layout: Layout) -> RawTable:
        """Return the rows of a text as a table."""
        frame, offsets = with_units(self.frame, layout.units), line_offsets(decoded, self.begins)
        form = (layout.delimiter, decoded.encoding, offsets, layout.other_columns)
        return RawTable(frame, raw_rejects(self.bad), *form, self.known)


def read_record_by_record(
    lines: list[str], layout: Layout, unreadable: UnreadableRecords, end: int | None = None
) -> tuple[Rows, int]:
    """Read records one by one, each of as many lines as it takes; return them and the first line not read.

    Records that begin at line `end` or later are left to a call that has the lines that follow.
    """
    good: list[list[str]] = []
    numbers: list[int] = []
    bad: list[tuple[int, str, str]] = []
    begins = array("i")
    for number, (line, (cells, code, text)) in enumerate(records_of(lines, layout), start=1):
        if end is not None and line >= end:
            return Rows(cells_frame(good, numbers, layout), bad, begins), line
        begins.append(line)
        if code is None:
            good.append(cells)
            numbers.append(number)
        else:
            unreadable.add()
            bad.append((number, code, UNDECODED.sub("?", text[:SHOWN])))
    return Rows(cells_frame(good, numbers, layout), bad, begins), len(lines)


def without_known(rows: Rows, lines: list[str], layout: Layout, recognise: Recognise | None) -> Rows:
    """Recognise rows that were read record by record, as `read_clean_lines` does, and leave their cells out."""
    if recognise is None:
        return rows
    numbers = rows.frame["row_number"]
    first = pl.Series("line", [lines[rows.begins[number - 1]] for number in numbers], pl.String)
    clean = first.to_frame().select(is_clean(layout)).to_series()
    digests = digest_lines(first.filter(clean), numbers.filter(clean))
    known = KnownRows(recognise(digests, layout.form), digests, layout.form)
    return _recognised(rows, known, rows.frame.filter(~clean), recognise)


def _recognised(rows: Rows, of_lines: KnownRows, others: pl.DataFrame, recognise: Recognise) -> Rows:
    """Add to the known lines those of the other rows that are known by their cells."""
    digests = digest_cells(others)
    recognised = pl.concat([of_lines.recognised, recognise(digests, of_lines.form)]).sort("row_number")
    unknown = rows.frame.join(recognised, on="row_number", how="anti", maintain_order="left")
    known = KnownRows(recognised, pl.concat([of_lines.digests, digests]).sort("row_number"), of_lines.form)
    return replace(rows, frame=unknown, known=known)


def read_clean_lines(
    text: str, layout: Layout, unreadable: UnreadableRecords, recognise: Recognise | None = None
) -> Rows | None:
    """Read the same rows where no record spans lines: all clean lines at once, then the others one by one.

    Lines that are recognised are not cut into cells.
    """
    judged = judge_lines(text, layout, recognise)
    if judged is None:
        return None
    lines, clean = judged.lines, judged.clean
    others: dict[int, Record] = {}
    for place in (~clean).arg_true():
        near = lines[place : place + 3].to_list()
        if not near[0].strip(layout.delimiter + BLANK) or near[0] in layout.header:
            continue
        others[place], _ = read_record(near, 0, layout)
        if others[place][1] is not None:
            unreadable.add()
    is_row = clean.clone().scatter(list(others), values=True) if others else clean
    numbers = is_row.cast(pl.Int32).cum_sum()
    to_read = judged.to_read
    frame = split_columns(lines.filter(to_read), layout).with_columns(numbers.filter(to_read).alias("row_number"))
    read = {numbers[place]: cells for place, (cells, code, _) in others.items() if code is None}
    alone = cells_frame(list(read.values()), list(read), layout)
    bad = [(numbers[place], code, text[:SHOWN]) for place, (_, code, text) in others.items() if code is not None]
    whole = pl.concat([frame, alone]).sort("row_number") if read else frame
    rows = Rows(whole, bad, array("i", (is_row.arg_true() + layout.start).to_list()))
    if judged.known is None or recognise is None:
        return rows
    return _recognised(rows, judged.known.renumbered(numbers, clean), alone, recognise)


def read_rows(
    text: str,
    layout: Layout,
    unreadable: UnreadableRecords,
    recognise: Recognise | None = None,
    *,
    may_go_on: bool = False,
) -> tuple[Rows, int | None]:
    """Read the rows of whole lines; return them and the first line not read, if any: a record `may_go_on` below."""
    clean = read_clean_lines(text, layout, unreadable, recognise)
    if clean is not None:
        return clean, None
    lines = lines_of(text)
    last = max(len(lines) - 1 - MAX_RECORD_LINES, 0) if may_go_on else None
    rows, end = read_record_by_record(lines, layout, unreadable, last)
    return without_known(rows, lines, layout, recognise), None if end == len(lines) else end


def refuse_unreadable_beginning(text: str, layout: Layout) -> None:
    """Refuse a text whose first `HEAD` characters hold too many lines that are no records, before all of it is split.

    Raises:
        RefusedFileError: `mostly_unreadable`.
    """
    if text.count("\n", 0, HEAD) + text.count("\r", 0, HEAD) > MOST_UNREADABLE:
        lines = lines_of(text[:HEAD])
        read_record_by_record(lines, layout, UnreadableRecords(), len(lines) - 1 - MAX_RECORD_LINES)


def read_delimited(decoded: Decoded, mapping: Mapping, recognise: Recognise | None = None) -> RawTable:
    """Read the columns of the mapping from a file with a header or with stated positions.

    Raises:
        RefusedFileError: `no_rows` for a header alone; `missing_columns` where no wanted column is there;
            `mostly_unreadable`.
    """
    layout = find_layout(lines_of(shorten_blank_runs(decoded).text[:HEAD]), mapping)
    decoded = shorten_blank_runs(decoded, layout.delimiter)
    refuse_unreadable_beginning(decoded.text, layout)
    rows, _ = read_rows(decoded.text, layout, UnreadableRecords(), recognise)
    raw = rows.as_table(decoded, layout)
    if not raw.rows_read:
        raise no_rows()
    return raw


def no_rows() -> RefusedFileError:
    """Return the error for a file that is a header alone."""
    return RefusedFileError(
        "The file has a header but no rows: nothing was changed. Send it again with the stock.", code="no_rows"
    )
