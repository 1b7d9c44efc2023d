"""Open the platform for one act of an operator."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from core.db.session import Session, transaction
from core.platform import open_platform
from core.security.platform_keys import open_keys
from serving.identity.operators import Operators

UserName = Annotated[
    str, typer.Argument(metavar="USER", help="Id, phone number in any spelling, or e-mail address of a person.")
]


@contextmanager
def operating(by: str) -> Iterator[tuple[Session, Operators]]:
    """Open a transaction and the acts of an operator in it."""
    with open_platform() as platform, transaction(platform.sessions) as session:
        yield session, Operators(session, open_keys(platform.settings), by)
