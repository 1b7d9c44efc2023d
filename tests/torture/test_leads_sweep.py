"""A short kill sweep of the timers of leads in every run of the suite; `make leads-sweep` is the long one."""

from tests.torture.leads_sweep import sweep


def test_each_breach_is_reported_and_told_once_though_processes_are_killed() -> None:
    result = sweep(kills=3, seed=12, leads=30)
    assert result["wrong"] == {}, result
    assert result["kills"] == 3
