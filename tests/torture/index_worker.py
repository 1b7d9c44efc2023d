"""The indexing process that is killed. It stands ready with everything loaded and forks a worker at each word.

Speaks in lines, as `worker.py` does: reads `sync` or `rebuild`, writes the worker's pid, then its exit code.
"""

import os
import sys
import traceback
from pathlib import Path

from core.db.session import make_engine, make_session_factory, transaction
from core.search.tantivy import TantivyEngine
from pipelines.search.rebuild import RebuildLimits, rebuild_index
from pipelines.search.sync import sync_index

LIMITS = RebuildLimits(accept_shrink=False)


def work(what: str, folder: Path, url: str) -> None:
    """One sync or one rebuild, committed."""
    engine = make_engine(url)
    with transaction(make_session_factory(engine)) as session:
        (rebuild_index if what == "rebuild" else sync_index)(session, TantivyEngine(folder), LIMITS)
    engine.dispose()


def main() -> None:
    folder, url = Path(sys.argv[1]), sys.argv[2]
    print("ready", flush=True)
    for word in sys.stdin:
        pid = os.fork()
        if pid == 0:
            try:
                work(word.strip(), folder, url)
            except BaseException:
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        print(pid, flush=True)
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
