"""Make the platform's key and the key of apps from the master key, as the runbook needs them.

Keys that are there already, with the same name, actions and indexes, are returned as they are: running this twice
makes no second pair.
"""

from dataclasses import dataclass
from typing import Any

from meilisearch.errors import MeilisearchApiError

from core.errors import PermanentError
from core.search.meilisearch.client import MeilisearchServer
from core.search.meilisearch.errors import REFUSED_KEY, translate_errors
from core.search.meilisearch.rights import KEY_ACTIONS

_PAGE = 1_000


@dataclass(frozen=True)
class MadeKeys:
    """The values of MEILI_KEY, MEILI_SEARCH_KEY and MEILI_SEARCH_KEY_UID, and how many of the two keys are new."""

    platform: str
    apps: str
    apps_uid: str
    made: int


def wanted_keys(index: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the requests for both keys, where MEILI_INDEX is `index`: the platform's, then the one of apps.

    No action is about the server: Meilisearch refuses such an action in a key for some indexes (since 1.49).
    """
    limits = {"indexes": [f"{index}*"], "expiresAt": None}
    platform = {"name": f"automart {index}", "actions": list(KEY_ACTIONS)}
    return platform | limits, {"name": f"automart {index} apps", "actions": ["search"]} | limits


def make_keys(url: str, master_key: str, index: str) -> MadeKeys:
    """Make both keys, or find those that were made before.

    Raises:
        InvalidInputError: `invalid_meili_url`.
        PermanentError: `master_key_refused`.
        RetryableError: `search_unavailable` where Meilisearch does not answer.
    """
    server = MeilisearchServer(url, master_key)
    there = _keys(server)
    found = [_same(wanted, there) for wanted in wanted_keys(index)]
    made = [
        known or _ask(server, "post", "keys", wanted) for known, wanted in zip(found, wanted_keys(index), strict=True)
    ]
    return MadeKeys(made[0]["key"], made[1]["key"], made[1]["uid"], found.count(None))


def _keys(server: MeilisearchServer) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = _ask(server, "get", f"keys?limit={_PAGE}")["results"]
    return found


def _same(wanted: dict[str, Any], there: list[dict[str, Any]]) -> dict[str, Any] | None:
    fits = (
        one
        for one in there
        if (one["name"], one["expiresAt"]) == (wanted["name"], None)
        and all(sorted(one[part]) == sorted(wanted[part]) for part in ("actions", "indexes"))
    )
    return next(fits, None)


def _ask(server: MeilisearchServer, method: str, path: str, body: object = None) -> dict[str, Any]:
    request = getattr(server.client.http, method)
    with translate_errors():
        try:
            answer: dict[str, Any] = request(path) if body is None else request(path, body)
        except MeilisearchApiError as error:
            if error.status_code in REFUSED_KEY:
                raise PermanentError(
                    "Meilisearch does not take this for its master key: it makes keys for the master key alone, the one"
                    " that the server was started with (--master-key).",
                    code="master_key_refused",
                ) from error
            raise
    return answer
