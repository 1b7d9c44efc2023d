"""The importing process that is killed."""

from pathlib import Path

from core.clock import utc_now
from core.db.logins import login_settings
from core.db.session import make_engine, make_session_factory, transaction
from core.settings import Settings
from core.storage import open_storage
from pipelines.feeds.deliveries.inbox import register_inbox
from pipelines.imports.parsed.staging import parse_pending
from pipelines.imports.pending.import_pending import import_pending
from tests.torture.forking import fork_at_each_word


def work(_: str, home: Path, url: str) -> None:
    """Import the inbox as a run of the graph does, up to the listings."""
    settings = Settings(automart_home=home, storage_url=None, **login_settings(url))
    storage = open_storage(settings)
    engine = make_engine(url)
    sessions = make_session_factory(engine)
    with transaction(sessions) as session:
        register_inbox(session, storage, settings.inbox, utc_now())
    with transaction(sessions) as session:
        parse_pending(session, storage)
    import_pending(sessions, storage, run_id="torture").raise_failures()
    engine.dispose()


if __name__ == "__main__":
    fork_at_each_word(work)
