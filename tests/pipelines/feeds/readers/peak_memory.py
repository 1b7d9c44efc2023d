"""Print the megabytes that reading a file takes: `peak_memory.py FILE MAPPING`."""

import contextlib
import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[4]


def peak() -> int:
    """Kilobytes; the figure of `getrusage` would begin with those of the process that started this one."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1])


def main(file: str, mapping: str) -> None:
    sys.path.insert(0, str(ROOT))
    from core.errors import RefusedFileError
    from pipelines.feeds.mapping.store import load_mapping
    from pipelines.feeds.parsing.parse import parse_feed

    parse_feed(b"Stock No,Make,Model,Year,Demand\nK1,Kia,Rio,2015,9 lacs\n", load_mapping("showroom"))  # warm
    data = Path(file).read_bytes()
    before = peak()
    with contextlib.suppress(RefusedFileError):
        parse_feed(data, load_mapping(mapping))
    print((peak() - before) / 1024)


if __name__ == "__main__":
    main(*sys.argv[1:])
