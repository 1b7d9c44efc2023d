"""A short kill sweep of the reconciler of deposits in every run of the suite; `make deposits-sweep` is the long one."""

from tests.torture.deposits_sweep import sweep


def test_killed_reconciler_and_server_lose_no_money_and_double_none() -> None:
    result = sweep(kills=3, seed=3, api=False)
    assert result["wrong"] == [], result
