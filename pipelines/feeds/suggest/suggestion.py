"""The proposal for a file."""

from dataclasses import dataclass

from pipelines.feeds.mapping.schema import Mapping
from pipelines.feeds.suggest.choose import Choice


@dataclass(frozen=True)
class Suggestion:
    """Hold a mapping that reads the file, the reason for each part of it, and what a person must still decide."""

    mapping: Mapping
    choices: tuple[Choice, ...]
    """The key first, then the fields."""
    notes: tuple[str, ...]
    unused: tuple[str, ...]
    """Columns that nothing is taken from."""
