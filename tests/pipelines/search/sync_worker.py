"""The process that is killed while it syncs: a worker syncs the index again and again until then."""

from pathlib import Path

from core.db.session import make_engine, make_session_factory, transaction
from core.search.tantivy import TantivyEngine
from pipelines.search.sync import sync_index
from tests.torture.forking import fork_at_each_word


def work(_: str, folder: Path, url: str) -> None:
    """Sync without end."""
    factory = make_session_factory(make_engine(url))
    while True:
        with transaction(factory) as session:
            sync_index(session, TantivyEngine(folder))


if __name__ == "__main__":
    fork_at_each_word(work)
