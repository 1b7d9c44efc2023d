"""Folders that must be written: made where they are missing, or refused with a sentence that says what to do."""

import os
from pathlib import Path

from core.errors import InvalidInputError


def writable_folder(folder: Path) -> Path:
    """Make the folder if it is missing, and return it.

    Raises:
        InvalidInputError: it cannot be made or written (`home_not_writable`).
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(None, "Permission denied or read-only file system")
    except OSError as error:
        raise InvalidInputError(
            f"The folder {str(folder)!a} cannot be written ({error.strerror}): make it writable, or set AUTOMART_HOME "
            "to a folder that is.",
            code="home_not_writable",
        ) from error
    return folder
