"""Change or delete rows for an erasure, and count them."""

from typing import Any

from sqlalchemy import Executable

from core.personal_data.subject import Erasing


def changed_rows(work: Erasing, statement: Executable) -> int:
    """Run an UPDATE or a DELETE, and return how many rows it met."""
    done: Any = work.session.execute(statement)
    return int(done.rowcount)
