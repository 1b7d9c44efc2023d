"""Frames that are made while others are sent arrive whole and in order; one that cannot be made ends it all."""

from collections.abc import Iterator

import polars as pl
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from core.db.copy import copy_frames

ROWS = 60_000


def frames(count: int) -> Iterator[pl.DataFrame]:
    for at in range(count):
        numbers = pl.int_range(at * ROWS, (at + 1) * ROWS, dtype=pl.Int32, eager=True)
        yield pl.DataFrame({"n": numbers, "words": numbers.cast(pl.String) + " and some more words than a key has\t\\"})


def test_frames_arrive_whole_and_in_order(session: Session) -> None:
    session.execute(text("CREATE TEMP TABLE sent (at integer GENERATED ALWAYS AS IDENTITY, n integer, words text)"))
    copy_frames(session, "sent", frames(3))
    found = session.execute(text("SELECT count(*), min(at - n), max(at - n), max(words) FROM sent")).one()
    assert tuple(found) == (3 * ROWS, 1, 1, "99999 and some more words than a key has\t\\")


def test_nothing_is_sent_where_there_is_nothing(session: Session) -> None:
    copy_frames(session, "no_such_table", iter(()))


def test_frame_that_cannot_be_made_fails_the_copy(session: Session) -> None:
    session.execute(text("CREATE TEMP TABLE sent (n integer, words text)"))

    def broken() -> Iterator[pl.DataFrame]:
        yield from frames(2)
        raise ValueError("no third one")

    with pytest.raises(ValueError, match="no third one"):
        copy_frames(session, "sent", broken())
