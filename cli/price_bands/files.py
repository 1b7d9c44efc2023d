"""Read the files that commands of prices are given."""

from pathlib import Path

from core.errors import InvalidInputError


def bytes_of(file: Path) -> bytes:
    """Read a file.

    Raises:
        InvalidInputError: `unreadable_file`.
    """
    try:
        return file.read_bytes()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "its name cannot be used"
        raise InvalidInputError(f"The file {str(file)!a} cannot be read: {why}.", code="unreadable_file") from error
