"""Let a car belong to the mapping that named it last, also where its row changed nothing.

A full feed takes off the cars of its own mapping that it lacks. A dealer whose files are read by another mapping from
some day on would otherwise keep every car that has not changed since: no feed would speak for it any more.
"""

import polars as pl
from sqlalchemy import text
from sqlalchemy.orm import Session

# Two steps: nearly all dealers have files of one mapping alone, and then no listing is looked at.
_SEVERAL = text("""
SELECT t.at FROM incoming_files t WHERE EXISTS (
  SELECT FROM feed_files o WHERE o.org_id = t.org_id AND o.mapping <> t.mapping AND o.applied_at IS NOT NULL
)
""")
_OF_OTHERS = text("""
SELECT t.at, l.source_key, l.id::text
FROM incoming_files t JOIN listings l ON l.org_id = t.org_id JOIN feed_files f ON f.id = l.file_id
WHERE t.at = ANY(:files) AND l.source = 'feed' AND f.mapping <> t.mapping
""")
_CLAIM = text("""
UPDATE listings l SET file_id = t.file_id, row_number = g.row_number
FROM unnest(CAST(:ids AS uuid[]), CAST(:rows AS integer[]), CAST(:files AS integer[])) AS g (id, row_number, at)
  JOIN incoming_files t USING (at)
WHERE l.id = g.id
""")
_SCHEMA = {"file": pl.Int32, "source_key": pl.String, "id": pl.String}


def claim_unchanged(session: Session, rows: pl.DataFrame) -> None:
    """Note the file of each row at its listing, where the listing came through another mapping until now.

    Args:
        session: with the table `incoming_files`.
        rows: `file`, `row_number` and `source_key` of the rows that are in order; changed ones are written already.
    """
    files = session.scalars(_SEVERAL).all()
    if not files:
        return
    found = [tuple(row) for row in session.execute(_OF_OTHERS, {"files": files})]
    claimed = pl.DataFrame(found, schema=_SCHEMA, orient="row").join(rows, on=["file", "source_key"])
    if claimed.height:
        columns = {"ids": "id", "rows": "row_number", "files": "file"}
        session.execute(_CLAIM, {name: claimed[column].to_list() for name, column in columns.items()})
