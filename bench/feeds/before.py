"""Measure how fast feeds are imported by this checkout and by another one: what a change costs the importer.

Usage: python -m bench.feeds.before OTHER_CHECKOUT [--rows 200000] [--repeat 7]

Each side has a database of its own at its own schema, on one server each; the sides take turns in every repetition, and
the ratio of each repetition's pair is what counts. A ratio above 1.03 is more than this platform accepts for a change
that is not for the importer's sake.
"""

import argparse
import statistics
import subprocess
import sys
from collections import defaultdict
from contextlib import ExitStack
from pathlib import Path

from bench.feeds.files import write_csv
from bench.feeds.imports import ROOT, Bench, bench, verdict

_MOST = 1.03
_MIGRATE = (
    "import sys; from core.db.migrate import upgrade_to_head; from core.db.session import make_engine;"
    "engine = make_engine(sys.argv[1]); upgrade_to_head(engine); engine.dispose()"
)


def compare(sides: dict[str, Bench], rows: int, repeat: int) -> dict[str, dict[str, list[float]]]:
    """Measure both checkouts; return seconds by kind of import and checkout."""
    seconds: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for turn in range(repeat):
        order = list(sides.items())[:: 1 if turn % 2 else -1]
        for name, side in order:
            first = write_csv(side.folder / "first.csv", rows)
            again = write_csv(side.folder / "again.csv", rows, changed_every=100)
            side.reset()
            for path, what in ((first, "first load"), (again, "1 % changed"), (again, "same bytes")):
                seconds[what][name].append(side.ours(str(path), "d0")["seconds"])
        print(f"repetition {turn + 1} of {repeat}", file=sys.stderr, flush=True)
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("other", type=Path, help="the checkout to compare with, such as a worktree of main")
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--repeat", type=int, default=7)
    given = parser.parse_args()
    with ExitStack() as opened:
        after = opened.enter_context(bench(ROOT))
        before = opened.enter_context(bench(given.other.resolve(), migrate=_migrate))
        seconds = compare({"after": after, "before": before}, given.rows, given.repeat)
    for what, by_side in seconds.items():
        ratio = statistics.median(a / b for a, b in zip(by_side["after"], by_side["before"], strict=True))
        medians = ", ".join(f"{name} {statistics.median(times):.2f} s" for name, times in sorted(by_side.items()))
        print(f"{what}: {medians}; {ratio:.3f} x as long (at most {_MOST}): {verdict(ratio <= _MOST)}")


def _migrate(url: str, root: Path) -> None:
    subprocess.run([sys.executable, "-c", _MIGRATE, url], cwd=root, check=True)


if __name__ == "__main__":
    main()
