"""The reference that people read is what the domains declare, and declared columns exist."""

from pathlib import Path

from cli.reference import reference
from core.db.base import Base
from core.db.tables import register_tables
from core.declarations import gather_declarations

REFERENCE = Path(__file__).parents[2] / "docs" / "reference.md"


def test_committed_reference_is_what_the_domains_declare() -> None:
    assert REFERENCE.read_text() == reference(), "run `make reference` and review the diff"


def test_audit_appears_by_its_folders_alone() -> None:
    text = reference()
    for row in (
        "| `GET /v1/audit` | `audit.read` |",
        "| `GET /v1/audit` | 60 in 60 s |",
        "| `audit.read` |",
        "| `audit_records.before` |",
        "| `audit.chain` |",
    ):
        assert row in text


def test_declared_personal_columns_exist() -> None:
    register_tables()
    declared = [column for each in gather_declarations().values() for column in each.personal_columns]
    tables = Base.metadata.tables
    missing = [f"{c.table}.{c.column}" for c in declared if c.table not in tables or c.column not in tables[c.table].c]
    assert missing == []
