"""The importing process that is killed. It stands ready with everything loaded and forks a worker at each word.

Speaks in lines: reads a word, writes the worker's pid, then its exit code (negative: the signal that ended it).
"""

import os
import sys
import traceback
from pathlib import Path

from core.clock import utc_now
from core.db.session import make_engine, make_session_factory, transaction
from core.settings import Settings
from core.storage import open_storage
from pipelines.feeds.intake import register_inbox
from pipelines.feeds.staging import stage_pending
from pipelines.imports.batch import import_pending


def work(home: Path, url: str) -> None:
    """What one run of the graph does with the inbox, up to the listings."""
    settings = Settings(automart_home=home, database_url=url, storage_url=None)
    storage = open_storage(settings)
    engine = make_engine(url)
    sessions = make_session_factory(engine)
    with transaction(sessions) as session:
        register_inbox(session, storage, settings.inbox, utc_now())
    with transaction(sessions) as session:
        stage_pending(session, storage)
    import_pending(sessions, storage, run_id="torture").raise_failures()
    engine.dispose()


def main() -> None:
    home, url = Path(sys.argv[1]), sys.argv[2]
    print("ready", flush=True)
    for _ in sys.stdin:
        pid = os.fork()
        if pid == 0:
            try:
                work(home, url)
            except BaseException:
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        print(pid, flush=True)
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
