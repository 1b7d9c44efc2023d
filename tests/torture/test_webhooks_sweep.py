"""A short kill sweep of webhooks in every run of the suite; `make webhooks-sweep` is the long one."""

from tests.torture.webhooks_sweep import sweep


def test_killed_senders_lose_no_message_and_keep_the_order_of_each_car() -> None:
    result = sweep(kills=2, seed=5)
    assert result["wrong"] == [], result
    assert sum(result["kills"].values()) == 2  # type: ignore[attr-defined]  # a Counter as dict
    assert result["messages"]
