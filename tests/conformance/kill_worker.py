"""The indexing process that is killed while it speaks to Meilisearch; its words are `sync` and `rebuild`."""

from pathlib import Path

from core.db.session import make_engine, make_session_factory, transaction
from core.search.meilisearch import MeilisearchEngine, MeilisearchServer
from pipelines.search.rebuild import rebuild_index
from pipelines.search.sync import sync_index
from tests.torture.forking import fork_at_each_word


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


if __name__ == "__main__":
    fork_at_each_word(work)
