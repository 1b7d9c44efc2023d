"""The first thing a new user sees: the whole market through the whole graph, twice."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from assets.keys import MARKET_KEYS
from core.settings import Settings, child_environment

pytestmark = pytest.mark.slow


def demo(home: Path, module: str) -> dict[str, Any]:
    env = child_environment(Settings(automart_home=home))
    env.pop("DATABASE_URL", None)
    command = [sys.executable, "-W", "error::ResourceWarning", "-m", module, "demo", "--no-serve", "--json"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == 1, done.stdout
    assert "Webhook received and verified (msg_" in done.stderr
    assert "listing.price_changed" in done.stderr
    summary: dict[str, Any] = json.loads(lines[0])
    assert " lead created " in summary["lead"]["arrived"]
    assert "reason=breach" in summary["lead"]["breached"]
    assert summary["lead"]["breached"] in done.stderr
    return summary


@pytest.mark.parametrize("module", ["tests.cli.few_folds", pytest.param("cli", marks=pytest.mark.sweep)])
def test_demo_adds_up_and_a_second_run_keeps_what_there_is(tmp_path: Path, module: str) -> None:
    """A third of its time is the training; `make thorough` lets it train as users do."""
    first = demo(tmp_path, module)
    assert first["status"] == "ok"
    feeds, search, bands = first["feeds"], first["search"], first["price_bands"]
    assert feeds["read"] > 4000
    assert feeds["created"] + feeds["updated"] + feeds["unchanged"] + feeds["rejected"] == feeds["read"]
    assert search["indexed_public"] == search["live_public"] < search["indexed"] == search["live"]
    assert bands["bands"] + bands["no_band"] == search["live"]
    assert bands["by_method"]["model"] > 0.8 * search["live"]
    assert bands["by_method"]["comparables"] > 0
    assert bands["by_method"]["none"] > 0
    assert sum(bands["by_reason"].values()) == bands["no_band"]
    assert first["run"]["materialized"] == len(MARKET_KEYS)
    assert search["lag"] == 0  # the ratings of the newest bands are in the index too
    assert first["run"]["checks_failed"] == []
    assert set(first["run"]["checks_warned"]) <= {"car_gate_is_on"}  # without `make photo-models`

    traffic = first["traffic"]
    assert traffic["wrong"] == []
    assert traffic["accepted"] + traffic["duplicate"] == traffic["events"] > 2_000
    assert traffic["figures"]["views"] >= traffic["figures"]["visitors"] > 5
    second = demo(tmp_path, module)
    assert second["traffic"] is None
    assert second["status"] == "ok"
    assert (second["feeds"], second["search"], second["price_bands"]) == (feeds, search, bands)
    assert second["run"]["run_id"] != first["run"]["run_id"]
