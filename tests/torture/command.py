"""Run a sweep of kills from a shell: how often to kill and the seed are asked, its result is one JSON line."""

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from typing import Any


def run_sweep(
    about: str | None, sweep: Callable[[int, int], Mapping[str, Any]], kills: int, holds: Callable[[Any], bool]
) -> None:
    """Run `sweep` with the kills (by default `kills`) and the seed that are asked for; exit with 1 unless it holds."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--kills", type=int, default=kills)
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    result = sweep(given.kills, given.seed)
    print(json.dumps(result))
    sys.exit(0 if holds(result) else 1)
