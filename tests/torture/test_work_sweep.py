"""A short kill sweep of the loops in every run of the suite; `make torture-work` is the long one."""

from tests.torture.work_sweep import sweep


def test_loops_of_killed_processes_lose_nothing_and_are_taken_over_in_time() -> None:
    result = sweep(kills=2, seed=12)
    assert result["wrong"] == [], result
    assert result["late"] == [], result
    assert sum(result["kills"].values()) == 2  # type: ignore[attr-defined]  # a Counter as dict
