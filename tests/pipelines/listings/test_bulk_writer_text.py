"""Text that goes into a table by COPY is unchanged, whatever a cell holds."""

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session

from core.db.copy import copy_frame
from tests.examples import examples

AWKWARD = st.text(st.sampled_from(["\\", '"', "\t", "\n", "\r", ",", "{", "}", "N", "a", " ", "ی", "'"]), max_size=5)
ROWS = st.lists(
    st.tuples(st.none() | AWKWARD, st.lists(AWKWARD, max_size=3), st.none() | st.binary(max_size=3)), max_size=6
)


@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ROWS)
def test_copied_cells_are_unchanged(session: Session, rows: list[tuple[str | None, list[str], bytes | None]]) -> None:
    session.execute(text("DROP TABLE IF EXISTS pg_temp.copied"))
    session.execute(text("CREATE TEMP TABLE copied (at integer, words text, items text[], bits bytea)"))
    numbered = [(at, *row) for at, row in enumerate(rows)]
    schema = {"at": pl.Int32, "words": pl.String, "items": pl.List(pl.String), "bits": pl.Binary}
    copy_frame(session, "copied", pl.DataFrame(numbered, schema=schema, orient="row"))
    assert [tuple(row) for row in session.execute(text("SELECT * FROM copied ORDER BY at"))] == numbered
