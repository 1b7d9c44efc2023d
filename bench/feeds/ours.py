"""One import of the feed benchmark in a process of its own. Run by `bench.feeds.imports`.

Usage: python -m bench.feeds.ours URL HOME FILE DEALER     or, for everything that is pending: ... URL HOME --pending

Prints one JSON line: seconds from the end of the imports to the end of the commit (reading the file, connecting and
the whole of the import included), peak memory, and the counts.
"""

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.feeds.files import MAPPING
from core.db.logins import Login, login_settings, login_url
from core.db.session import SessionFactory, make_engine, make_session_factory, transaction
from core.identity.orgs import get_org
from core.settings import Settings
from core.storage import Storage, open_storage
from pipelines.feeds.deliveries.spool import HashingUpload
from pipelines.feeds.mapping.store import load_mapping
from pipelines.feeds.readers.limits import FeedLimits
from pipelines.imports import Delivery, ImportContext, import_delivery
from pipelines.imports.pending.import_pending import import_pending


@contextmanager
def _spooled(path: Path, folder: Path) -> Iterator[HashingUpload]:
    with path.open("rb") as file, HashingUpload(folder, 1 << 40) as spool:
        while piece := file.read(1 << 20):
            spool.write(piece)
        yield spool


def one(sessions: SessionFactory, storage: Storage, spool: Path, path: Path, dealer: str) -> dict[str, Any]:
    with _spooled(path, spool) as data, transaction(sessions) as session:
        limits = FeedLimits(file_bytes=1 << 40, unpacked_bytes=1 << 40)
        mapping = load_mapping("dealer-xml" if path.suffix == ".xml" else MAPPING)
        delivery = Delivery(get_org(session, dealer), path.name, data, mapping)
        result = import_delivery(ImportContext(session, storage, limits, run_id="bench"), delivery)
    return {"status": result.status} | {
        name: getattr(result, name) for name in ("read", "created", "updated", "unchanged", "rejected")
    }


def peak_mb() -> int:
    """Most memory that this process held; `ru_maxrss` would begin with that of the process that started it."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) // 1024


def main() -> None:
    url, home, what = sys.argv[1:4]
    started, mine = time.perf_counter(), time.process_time()
    settings = Settings(automart_home=Path(home), **login_settings(url), storage_url=None)
    sessions = make_session_factory(make_engine(login_url(url, Login.PIPELINES)))
    storage = open_storage(settings)
    if what == "--pending":
        counts: dict[str, Any] = import_pending(sessions, storage, run_id="bench").totals()
    else:
        counts = one(sessions, storage, settings.spool_dir, Path(what), sys.argv[4])
    seconds = time.perf_counter() - started
    print(json.dumps({"seconds": seconds, "cpu": time.process_time() - mine, "peak_mb": peak_mb()} | counts))


if __name__ == "__main__":
    main()
