"""Choose the search engine that the settings name: the only module that knows both."""

from core.search.engine import SearchEngine
from core.settings import Settings


def open_search_engine(settings: Settings) -> SearchEngine:
    """Open the engine that the settings name; the embedded one costs nothing until it is used.

    Raises:
        InvalidInputError: `invalid_meili_url`.
    """
    if settings.meili_url is not None:
        from core.search.meilisearch import MeilisearchEngine, MeilisearchServer  # loads its client

        key = None if settings.meili_key is None else settings.meili_key.get_secret_value()
        server = MeilisearchServer(settings.meili_url, key, task_seconds=settings.meili_task_seconds)
        return MeilisearchEngine(server, settings.meili_index, settings.index_dir / "meilisearch.lock")
    from core.search.tantivy import TantivyEngine  # loads a native library

    return TantivyEngine(settings.index_dir)
