"""A short kill sweep in every run of the suite; `make torture` is the long one."""

from tests.torture.sweep import sweep


def test_kills_at_any_moment_end_as_an_uninterrupted_run() -> None:
    result = sweep(kills=4, seed=11)
    assert result["equal"], result
    assert result["broken_after_a_kill"] == []
    assert sum(result["kills"].values()) == 4  # type: ignore[attr-defined]  # a Counter as dict
