"""The validators that a server gave with its file, to ask the next time whether the file is still the same."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Validators:
    """The server's own values, which are sent back unchanged."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True)
class Fetched:
    """The result of a fetch: either the file changed and was read, or the server has nothing new."""

    changed: bool
    validators: Validators
