"""The short form of the sweep that kills API processes while they take in events."""

from pathlib import Path

import pytest

from tests.torture.engagement_sweep import sweep

pytestmark = [pytest.mark.slow, pytest.mark.sweep]


def test_acknowledged_event_survives_a_kill_and_is_kept_once(tmp_path: Path) -> None:
    found = sweep(tmp_path, kills=3, seed=1)
    assert found["wrong"] == []
    assert found["sent_again"] > 0
    assert found["acknowledged"] == found["kept"] > 100
