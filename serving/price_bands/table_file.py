"""Write a table into a CSV file as a whole or not at all."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path

import polars as pl

from serving.price_bands.errors import UnwritableFileError


def write_csv(frame: pl.DataFrame, path: Path) -> None:
    """Write beside `path`, then rename: a reader, or a killed writer, never leaves half a file.

    Raises:
        InvalidInputError: `unwritable_file`: the place cannot be written to.
    """
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.absolute().parent)
    except (OSError, ValueError) as error:
        raise _unwritable(path, error) from error
    try:
        with os.fdopen(handle, "wb") as file:
            frame.write_csv(file)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except OSError as error:
        raise _unwritable(path, error) from error
    finally:
        with suppress(FileNotFoundError):
            Path(name).unlink()


def _unwritable(path: Path, error: OSError | ValueError) -> UnwritableFileError:
    why = getattr(error, "strerror", None) or "its name cannot be used"
    return UnwritableFileError(str(path), why)
