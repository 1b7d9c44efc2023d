"""Calls that change or delete saved and recent searches."""

from collections.abc import Callable
from functools import partial
from typing import Any

import httpx
from sqlalchemy import text

from core.db.session import transaction

_SAVED = "/v1/saved-searches"
_RECENT = "/v1/me/recent-searches"
_ADDED = (
    "INSERT INTO recent_searches (user_id, text, words, searched_at) VALUES (:person, 'x', 'x', now()) RETURNING id"
)


def _on_saved(setting: Any, method: str) -> httpx.Response:
    path = f"{_SAVED}/{setting.made(f'POST {_SAVED}', 'search_id')}"
    answer: httpx.Response = setting.call(f"{method} {_SAVED}/{{search_id}}", path=path)
    return answer


def _forget(setting: Any, *, one: bool) -> httpx.Response:
    with transaction(setting.sessions) as session:
        search = session.scalar(text(_ADDED), {"person": setting.admin.user_id})
    path = f"{_RECENT}/{search}" if one else _RECENT
    answer: httpx.Response = setting.client.delete(path, headers=setting.admin.headers)
    return answer


SEARCH_CALLS: dict[str, Callable[[Any], httpx.Response]] = {
    f"PATCH {_SAVED}/{{search_id}}": partial(_on_saved, method="PATCH"),
    f"DELETE {_SAVED}/{{search_id}}": partial(_on_saved, method="DELETE"),
    f"DELETE {_RECENT}": partial(_forget, one=False),
    f"DELETE {_RECENT}/{{search_id}}": partial(_forget, one=True),
}
