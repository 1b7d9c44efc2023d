"""Of a large table the cars that a file changes are looked up by their keys, never found by reading all of it."""

from typing import Any

import polars as pl
import pytest
from sqlalchemy import Engine, event, text
from sqlalchemy.orm import Session

from core.db.tables import Org
from tests.pipelines.listings.conftest import MakeFile, stock, upsert

ROWS = 30_000
_CLEAR = text("""
SELECT pg_clear_attribute_stats('public', 'listings', attname::text, false)
FROM pg_attribute WHERE attrelid = 'listings'::regclass AND attnum > 0 AND NOT attisdropped
""")


@pytest.fixture(autouse=True)
def both_ways() -> None:
    """Stand in for the folder's fixture: files of this size are compared here."""


@pytest.fixture
def without_statistics(admin_engine: Engine) -> None:
    """Forget what other tests left: a table that was counted while it was empty is taken for one of no rows."""
    with admin_engine.begin() as connection:
        connection.execute(text("TRUNCATE listings CASCADE"))
        connection.execute(text("SELECT pg_clear_relation_stats('public', 'listings')"))
        connection.execute(_CLEAR)


def reads_all(plan: dict[str, Any]) -> bool:
    """Tell whether a plan reads all listings."""
    here = "Seq Scan" in plan["Node Type"] and plan.get("Relation Name") == "listings"
    return here or any(map(reads_all, plan.get("Plans", ())))


def explained(session: Session) -> dict[str, bool]:
    """Collect from now on the statements about changed listings, and whether each is planned to read all of them."""
    found: dict[str, bool] = {}

    def explain(connection: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        changes = "incoming_" in statement and "listings" in statement and "string_agg" not in statement
        if not changes or not statement.strip().startswith(("SELECT", "INSERT", "UPDATE", "WITH")):
            return
        with connection.connection.driver_connection.cursor() as own:
            (plans,) = own.execute(f"EXPLAIN (FORMAT JSON) {statement}", parameters).fetchone()
        found[statement] = reads_all(plans[0]["Plan"])

    event.listen(session.connection(), "before_cursor_execute", explain)
    return found


@pytest.mark.slow
@pytest.mark.usefixtures("without_statistics")
@pytest.mark.parametrize("known", [False, True], ids=["without statistics", "with statistics"])
def test_changed_cars_of_a_large_table_are_looked_up(
    session: Session, org: Org, new_file: MakeFile, *, known: bool
) -> None:
    first = stock(ROWS, description="first owner " * 20)
    upsert(session, org.id, new_file(), first, delivery="full")
    if known:
        session.execute(text("ANALYZE listings"))
    number = pl.int_range(pl.len())
    price = pl.when(number % 100 == 0).then(1_000_000).otherwise("price_pkr")
    again = first.filter(number > 20).with_columns(price_pkr=price)

    plans = explained(session)
    result = upsert(session, org.id, new_file(), again, delivery="full")

    assert (result.updated, result.removed) == (len(range(0, ROWS - 21, 100)), 21)
    assert len(plans) >= 5
    assert [statement for statement, reads in plans.items() if reads] == []
