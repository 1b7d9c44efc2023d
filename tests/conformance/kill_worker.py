"""The indexing process that is killed while it speaks to Meilisearch; in lines, as `tests.torture.index_worker`."""

import os
import sys
import traceback
from pathlib import Path

from core.db.session import make_engine, make_session_factory, transaction
from core.search.meilisearch import MeilisearchEngine, MeilisearchServer
from pipelines.search.rebuild import rebuild_index
from pipelines.search.sync import sync_index


def engine_of(folder: Path) -> MeilisearchEngine:
    """The engine on the server whose address stands in the folder."""
    server = MeilisearchServer((folder / "meili_url").read_text(), None, task_seconds=30)
    return MeilisearchEngine(server, "cars", folder / "lock")


def work(what: str, folder: Path, url: str) -> None:
    """One sync or one rebuild, committed."""
    database = make_engine(url)
    with transaction(make_session_factory(database)) as session:
        (rebuild_index if what == "rebuild" else sync_index)(session, engine_of(folder))
    database.dispose()


def main() -> None:
    """Fork a worker for each word."""
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
