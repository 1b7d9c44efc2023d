"""The books of deposits are proven, compared and counted every day; a check is red while something is unexplained."""

from collections.abc import Iterator
from datetime import timedelta

import dagster as dg
import pytest
from sqlalchemy import update

from assets.definitions import defs
from assets.keys import DEPOSITS_DAILY, RECONCILIATION
from core.clock import utc_now
from core.db.session import SessionFactory, transaction
from core.db.tables.deposit_papers import SettlementLine
from core.settings import Settings
from pipelines.deposits.settlement.files import read_settlement
from pipelines.deposits.settlement.keep import keep_lines
from tests.factories.deposits import Till, sandbox


@pytest.fixture
def instance(environment: Settings) -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


def checked(instance: dg.DagsterInstance) -> dict[str, bool]:
    result = defs().resolve_job_def("deposits_proof").execute_in_process(instance=instance)
    assert result.success
    return {each.check_name: each.passed for each in result.get_asset_check_evaluations()}


def test_books_are_proven_and_a_payment_that_is_missing_here_is_red_after_a_day(
    instance: dg.DagsterInstance, session_factory: SessionFactory
) -> None:
    with sandbox() as server:
        Till.of(session_factory, server).held()
        data = server.books.settlement().encode()
    strange = b"kind,transaction,reference,amount_pkr,at\npayment,Z9,x,7,2026-05-02\n"
    for each in (data, strange):
        with transaction(session_factory) as session:
            keep_lines(session, "sandbox", read_settlement("sandbox", each), each)
    all_of_them = {
        "every_hold_is_counted_on_one_day": True,
        "ledger_sums_to_zero_and_replays": True,
        "nothing_is_unexplained_for_a_day": True,
    }
    assert checked(instance) == all_of_them
    with transaction(session_factory) as session:
        session.execute(update(SettlementLine).values(created_at=utc_now() - timedelta(days=2)))
    assert checked(instance) == all_of_them | {"nothing_is_unexplained_for_a_day": False}
    for key, name, value in ((DEPOSITS_DAILY, "held", 1), (RECONCILIATION, "differences", 1)):
        event = instance.get_latest_materialization_event(key)
        assert event is not None
        assert event.asset_materialization is not None
        assert event.asset_materialization.metadata[name].value == value
