"""Options that several commands of `automart feeds` share, and how their values are read."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from core.clock import PAKISTAN
from core.db.tables import Org
from core.errors import InvalidInputError
from core.settings import load_settings
from core.storage import Storage
from pipelines.feeds.deliveries.spool import FileData, HashingUpload
from pipelines.feeds.mapping.schema import Mapping
from pipelines.feeds.mapping.store import load_mapping, mapping_names
from pipelines.feeds.readers.limits import MEGABYTE, limits_of

_LARGE = 64 * MEGABYTE

FileId = Annotated[UUID, typer.Argument(help="The file; `automart feeds files` shows the ids.")]
MappingName = Annotated[
    str | None, typer.Option("--mapping", help="How to read the file; see `automart feeds mappings`. Default: own.")
]
SnapshotAt = Annotated[
    str | None,
    typer.Option(
        "--snapshot-at",
        help="When the stock was so, as 2026-05-01T09:30 (Pakistan time, or with an offset). "
        "Default: the date in the file's name, else now.",
    ),
]


def moment(text: str | None) -> datetime | None:
    """Read a time as a person writes it.

    Raises:
        InvalidInputError: code `bad_time`.
    """
    if text is None:
        return None
    try:
        given = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidInputError(f"A time is written like 2026-05-01T09:30, not {text!r}.", code="bad_time") from error
    return given if given.tzinfo else given.replace(tzinfo=PAKISTAN)


def chosen_mapping(org: Org, name: str | None, storage: Storage) -> Mapping:
    """Load the named mapping, else the dealer's own.

    Raises:
        InvalidInputError: code `no_mapping`, where there is neither.
    """
    chosen = name or org.default_mapping
    if chosen is None:
        raise InvalidInputError(
            f"Dealer {org.code!r} has no default mapping: name one with --mapping ({', '.join(mapping_names())}).",
            code="no_mapping",
        )
    return load_mapping(chosen, storage, org.id)


def file_bytes(path: Path) -> bytes:
    """Read one file.

    Raises:
        InvalidInputError: it is not there, not a file, or cannot be read.
    """
    if not path.exists():
        raise InvalidInputError(f"There is no file {str(path)!r}.", code="file_not_found")
    if not path.is_file():
        raise InvalidInputError(f"{str(path)!r} is not a file; name one file of a dealer.", code="not_a_file")
    try:
        return path.read_bytes()
    except OSError as error:
        raise InvalidInputError(f"{str(path)!r} cannot be read: {error.strerror}.", code="file_unreadable") from error


@contextmanager
def file_content(path: Path) -> Iterator[FileData]:
    """Open one file; a large one is spooled, so that it need not be held in memory.

    Raises:
        InvalidInputError: as `file_bytes`.
        FileTooLargeError: it is over the limit for feed files.
    """
    if not path.is_file() or path.stat().st_size <= _LARGE:
        yield file_bytes(path)
        return
    settings = load_settings()
    with path.open("rb") as file, HashingUpload(settings.spool_dir, limits_of(settings).file_bytes) as spool:
        while piece := file.read(1 << 20):
            spool.write(piece)
        yield spool
