"""What a server said of its file, to ask the next time whether it is still the same."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Validators:
    """Both are the server's own words, given back unread."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True)
class Fetched:
    """`changed`: the spool holds a file. Otherwise the server says that it has nothing new."""

    changed: bool
    validators: Validators
