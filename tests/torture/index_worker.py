"""The indexing process that is killed; its words are `sync` and `rebuild`."""

from pathlib import Path

from core.db.session import make_engine, make_session_factory, transaction
from core.search.tantivy import TantivyEngine
from pipelines.search.rebuild import RebuildLimits, rebuild_index
from pipelines.search.sync import sync_index
from tests.torture.forking import fork_at_each_word

LIMITS = RebuildLimits(accept_shrink=False)


def work(what: str, folder: Path, url: str) -> None:
    """One sync or one rebuild, committed."""
    engine = make_engine(url)
    with transaction(make_session_factory(engine)) as session:
        (rebuild_index if what == "rebuild" else sync_index)(session, TantivyEngine(folder), LIMITS)
    engine.dispose()


if __name__ == "__main__":
    fork_at_each_word(work)
