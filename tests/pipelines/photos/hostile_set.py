"""Run the hostile images through inspection and decoder, and print what that cost; started as a process of its own.

The files were made in another process (`tests.pipelines.photos.hostile_files`), so that making them is not measured.
"""

import pickle
import resource
import sys
from pathlib import Path

from pipelines.photos.developing import develop_image
from pipelines.photos.errors import ImageRefusedError
from pipelines.photos.inspection import inspect_image


def main(folder: Path) -> None:
    """Try every file; the heavy ones are honest pictures at the limits, and must come through."""
    hostile, heavy = pickle.loads((folder / "files.pickle").read_bytes())
    refused = 0
    for data in [*hostile, *heavy]:
        try:
            develop_image(inspect_image(data), folder)
        except ImageRefusedError:
            refused += 1
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    own = resource.getrusage(resource.RUSAGE_SELF)
    cpu = sum(each.ru_utime + each.ru_stime for each in (children, own))
    print(f"hostile={len(hostile)} refused={refused} cpu_seconds={cpu:.1f}")
    print(f"children_mb={children.ru_maxrss // 1024} own_mb={_own_peak()}")


def _own_peak() -> int:
    """This program's peak in MB; `ru_maxrss` would count the process that started it."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) // 1024


if __name__ == "__main__":
    sys.path.insert(0, str(Path.cwd()))
    main(Path(sys.argv[1]))
