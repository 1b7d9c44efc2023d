"""Parts of statements that are made once and executed many times, each time with other parameters."""

from typing import Any

from sqlalchemy import BindParameter, bindparam


def given(*columns: str) -> dict[str, BindParameter[Any]]:
    """Return the values of an INSERT whose parameters have the names of its columns."""
    return {name: bindparam(name) for name in columns}
