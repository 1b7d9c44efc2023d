"""The short form of the sweep that kills what takes in and counts events."""

from pathlib import Path

import pytest

from tests.torture.engagement_sweep import VICTIMS, holds, sweep_in

pytestmark = pytest.mark.slow


def test_acknowledged_event_survives_kills_and_is_counted_once(tmp_path: Path) -> None:
    found = sweep_in(tmp_path, kills=4, seed=1, processes=1)
    assert holds(found), found
    assert min(found["kills"][victim] for victim in VICTIMS) >= 1
    assert found["sent"] > 100
