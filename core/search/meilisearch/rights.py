"""Find out before a build whether MEILI_KEY may do everything that the platform asks of Meilisearch.

A key that is limited to some indexes cannot read its own description, so each right is tried. The trial names an
index that cannot exist (a dot is in no index's name): Meilisearch looks at the key first and at the name afterwards,
so with the right the name is refused (400), without it the key is (403), and nothing is ever made or removed.
"""

from typing import Any

from core.errors import PermanentError
from core.search.meilisearch.client import MeilisearchServer

KEY_ACTIONS = ("search", "documents.*", "indexes.*", "settings.*", "tasks.get", "stats.get")
"""The actions of a key that can do everything, on the indexes `MEILI_INDEX*`. All of them are about indexes: a key
that names some indexes and an action about the server (`version`) is refused by Meilisearch since 1.49."""


def require_rights(server: MeilisearchServer, name: str) -> None:
    """Refuse a key with which the index of this name cannot be built, exchanged and kept level.

    Raises:
        PermanentError: `search_key_refused`; the sentence names every action that is missing.
    """
    missing = missing_actions(server, name)
    if not missing:
        return
    if len(missing) == len(_trials(name)):
        lacks = f"it is unset, unknown to the server, or may do nothing with the indexes {name}*"
    else:
        lacks = f"on the indexes {name}* it lacks the actions {', '.join(missing)}"
    raise PermanentError(
        f"Meilisearch refuses MEILI_KEY: {lacks}. Make a key with {', '.join(KEY_ACTIONS)} as docs/runbooks/search.md"
        " shows.",
        code="search_key_refused",
    )


def missing_actions(server: MeilisearchServer, name: str) -> list[str]:
    """Return the actions that the key lacks on the index of this name and on those built beside it."""
    return [action for action, method, path, body in _trials(name) if not server.allows(method, path, body)]


def _trials(name: str) -> list[tuple[str, str, str, Any]]:
    """Pair each action with a harmless request (method, path, body) that needs it."""
    impossible = f"{name}.trial"
    index = f"indexes/{impossible}"
    return [
        ("search", "post", f"{index}/search", {"q": ""}),
        ("documents.add", "post", f"{index}/documents", [{"id": "trial"}]),
        ("documents.get", "get", f"{index}/documents/trial", None),
        ("documents.delete", "post", f"{index}/documents/delete", {"filter": 'id = "trial"'}),
        ("indexes.create", "post", "indexes", {"uid": impossible}),
        ("indexes.get", "get", index, None),
        ("indexes.delete", "delete", index, None),
        ("indexes.swap", "post", "swap-indexes", [{"indexes": [impossible, impossible]}]),
        ("settings.get", "get", f"{index}/settings", None),
        ("settings.update", "patch", f"{index}/settings", {}),
        ("tasks.get", "get", "tasks?limit=1", None),
        ("stats.get", "get", f"{index}/stats", None),
    ]
