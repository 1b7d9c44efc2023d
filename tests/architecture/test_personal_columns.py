"""Somebody decides of each column whether it holds personal data, before the suite passes again."""

from sqlalchemy import Engine, text

from core.declarations import gather_declarations
from pipelines.personal_data.reseal import sealed_columns

CATALOGUE = text("""
SELECT c.relname AS "table", a.attname AS "column"
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND a.attnum > 0 AND NOT a.attisdropped
AND NOT (c.relname = 'rate_limit_counters' AND a.atttypid = 'float8[]'::regtype)
AND (SELECT coalesce(e.typcategory, t.typcategory) FROM pg_type t LEFT JOIN pg_type e ON e.oid = t.typelem
     AND t.typcategory = 'A' WHERE t.oid = a.atttypid) NOT IN ('N', 'B', 'D', 'T')
AND a.atttypid NOT IN ('uuid'::regtype, 'uuid[]'::regtype, 'xid8'::regtype, 'pg_snapshot'::regtype)
""")


def test_every_column_is_declared_personal_or_harmless(engine: Engine) -> None:
    declared = gather_declarations().values()
    personal = {(column.table, column.column) for each in declared for column in each.personal_columns}
    harmless = {
        (table, column) for each in declared for table, columns in each.harmless_columns.items() for column in columns
    }
    with engine.connect() as connection:
        found = {(row.table, row.column) for row in connection.execute(CATALOGUE)}
    assert found - personal - harmless == set(), "declare them in serving/<domain>/declarations.py"
    assert harmless - found == set(), "declared, and there is no such column of text, bytes or JSON"
    assert personal & harmless == set()
    assert len(found) > 100


def test_sealed_columns_of_bytes_can_be_sealed_anew() -> None:
    known = {(column.table, column.column) for column in sealed_columns()}
    declared = {
        (column.table, column.column): column.sealing
        for each in gather_declarations().values()
        for column in each.personal_columns
        if column.kept == "sealed"
    }
    # Records of the trail are never changed, a data key is wrapped, and kept answers end before a key is forgotten.
    beyond = {("audit_records", "before"), ("audit_records", "after"), ("data_keys", "wrapped")}
    beyond.add(("idempotent_answers", "sealed_body"))
    assert set(declared) - known == beyond
