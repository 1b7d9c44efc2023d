"""A loop's turn without a loop."""

from contextlib import AbstractContextManager

from sqlalchemy.orm import Session

from core.db.session import SessionFactory, transaction


class OneTurn:
    """The means of a turn, without a process that could lose its lease."""

    stopping = False

    def __init__(self, factory: SessionFactory) -> None:
        self._factory = factory

    def transaction(self) -> AbstractContextManager[Session]:
        return transaction(self._factory)
