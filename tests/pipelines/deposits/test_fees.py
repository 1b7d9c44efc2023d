"""The fee is that of the day on which a deposit was made, whatever the table says when money goes back."""

from datetime import date, timedelta

import pytest

from core.clock import market_today
from core.db.session import SessionFactory
from pipelines.deposits import fees
from pipelines.deposits.fees import FeeRate, fee_of
from tests.factories.deposits import Till, sandbox

OLD = FeeRate(date(2025, 1, 1), 200, 100, 5_000)


def test_rate_counts_from_its_day_on_within_its_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fees, "RATES", (OLD, FeeRate(date(2026, 7, 1), 400, 300, 6_000)))
    before, after = date(2026, 6, 30), date(2026, 7, 1)
    rupees = (50, 1_000, 25_000, 25_049, 1_000_000)
    assert [fee_of(each * 100, before) // 100 for each in rupees] == [50, 100, 500, 500, 5_000]
    assert [fee_of(each * 100, after) // 100 for each in rupees] == [50, 300, 1_000, 1_001, 6_000]
    with pytest.raises(ValueError, match="2024-12-31"):
        fee_of(100, date(2024, 12, 31))


def test_rate_that_changes_between_charge_and_refund_changes_neither_fee_nor_shares(
    session_factory: SessionFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sandbox() as server:
        till = Till.of(session_factory, server)
        kept, opened = till.held(), till.open(till.car())
        till.capture(kept)
        monkeypatch.setattr(fees, "RATES", (OLD, FeeRate(market_today() - timedelta(days=1), 1_000, 0, 9_000)))
        till.pay(opened)  # it was opened, and so its fee known, before the change
        till.turn()
        till.capture(opened)
        later = till.held()
        till.capture(later)
        assert [till.deposit(each).fee_paisa // 100 for each in (kept, opened, later)] == [500, 500, 2_500]
        assert till.books() == {"provider_clearing": 75_000, "platform_fee": -3_500, "dealer": -71_500}
        till.refund(kept, 10_000)  # two fifths of a fee of 500
        till.refund(later, 10_000)  # two fifths of a fee of 2,500
        till.turn()
        assert till.books() == {"provider_clearing": 55_000, "platform_fee": -2_300, "dealer": -52_700}
        till.refund(kept, None)
        till.turn()
        assert till.books() == {"provider_clearing": 40_000, "platform_fee": -2_000, "dealer": -38_000}
