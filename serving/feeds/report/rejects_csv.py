"""Write the rejected rows of a file as CSV: in the dealer's own columns, with a column that says what to do."""

import csv
import io
from collections.abc import Sequence
from typing import Final
from uuid import UUID

import polars as pl
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.access.principal import Principal
from core.db.tables import FeedFile, FeedReject
from core.errors import InvalidInputError, NotFoundError
from core.storage import Storage
from pipelines.feeds.mapping.store import load_mapping
from pipelines.feeds.parsing.parse import open_list, read_whole
from pipelines.feeds.readers.limits import MEGABYTE, FeedLimits
from serving.feeds.report.words import fix_in
from serving.feeds.service import get_feed_file

_LIMITS: Final = FeedLimits(file_bytes=16 * MEGABYTE, unpacked_bytes=64 * MEGABYTE)
_FORMULA: Final = tuple("=+-@＝＋－＠")
_CONTROL: Final = ("\t", "\r", "\n")
_MOST: Final = 50_000
"""Rejected rows that the CSV holds."""


def rejects_csv(
    session: Session, storage: Storage, principal: Principal, named: tuple[str, UUID], language: str
) -> str:
    """Write the rejected rows of one of the dealer's own files, `named` by dealer and id; at most 50,000.

    The dealer's own cells are read from the stored file again. A larger file than 16 MB, or one that cannot be read
    any more, has the cell in question alone.

    Raises:
        ForbiddenError, UnknownOrgError, FeedFileNotFoundError: see `get_feed_file`.
    """
    file = get_feed_file(session, principal, *named)
    query = select(FeedReject).where(FeedReject.file_id == file.id).order_by(FeedReject.row_number, FeedReject.id)
    rejects = session.scalars(query.limit(_MOST)).all()
    own = _own_cells(storage, file, [each.row_number for each in rejects])
    columns = [name for name in own.columns if name != "row_number"]
    cells = {row[0]: row[1:] for row in own.select("row_number", *columns).iter_rows()}
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(["row", "code", "column", "value", "what to do", *map(_plain, columns)])
    for each in rejects:
        mine = cells.get(each.row_number, ("",) * len(columns))
        fix = fix_in(each.code, language)
        writer.writerow([_plain(cell) for cell in (each.row_number, each.code, each.column, each.value, fix, *mine)])
    return out.getvalue()


def _own_cells(storage: Storage, file: FeedFile, rows: Sequence[int]) -> pl.DataFrame:
    nothing = pl.DataFrame(schema={"row_number": pl.Int32})
    if not rows or file.size_bytes > _LIMITS.file_bytes:
        return nothing
    try:
        mapping = load_mapping(file.mapping, storage, file.org_id)
        unpacked, mapping = open_list(storage.get(file.storage_key), mapping, _LIMITS)
        frame = read_whole(unpacked.data, mapping).frame
    except (InvalidInputError, NotFoundError):  # the file, or its mapping by today's rules
        return nothing
    return frame.filter(pl.col("row_number").is_in(list(rows)))


def _plain(cell: object) -> str:
    """Mark as text what a spreadsheet would take for a formula."""
    text = "" if cell is None else str(cell)
    return f"'{text}" if text.lstrip().startswith(_FORMULA) or text.startswith(_CONTROL) else text
