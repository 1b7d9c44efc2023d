"""Transactions on the tables of events, and a way to put events there."""

from collections.abc import Callable, Iterator
from functools import partial

import pytest

from core.db.session import SessionFactory, Transaction
from tests.factories.engagement import emptied_hours, put_events


@pytest.fixture
def opened(session_factory: SessionFactory) -> Iterator[Transaction]:
    with emptied_hours(session_factory) as opened:
        yield opened


@pytest.fixture
def put(opened: Transaction) -> Callable[..., None]:
    return partial(put_events, opened)
