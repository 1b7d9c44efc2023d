"""Who may ask: the master key, keys made from it, and tenant tokens signed with one of those."""

import base64
import hashlib
import hmac
import json
import time
from fnmatch import fnmatchcase
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from tests.meilisearch_server.index import now
from tests.meilisearch_server.problems import ProblemError

_REFUSED = "The provided API key is invalid."
_NO_HEADER = "The Authorization header is missing. It must use the bearer authorization method."
_OF_INDEXES = {
    "search", "documents.*", "documents.add", "documents.get", "documents.delete", "indexes.*", "indexes.create",
    "indexes.get", "indexes.update", "indexes.delete", "indexes.swap", "tasks.*", "tasks.cancel", "tasks.delete",
    "tasks.get", "settings.*", "settings.get", "settings.update", "stats.*", "stats.get", "*",
}  # fmt: skip
# Of these only `version` was recorded; Meilisearch's documentation calls the others global too.
_OF_THE_SERVER = {
    "version", "metrics.*", "metrics.get", "dumps.*", "dumps.create", "snapshots.*", "snapshots.create", "keys.create",
    "keys.get", "keys.update", "keys.delete", "experimental.get", "experimental.update", "network.get",
    "network.update",
}  # fmt: skip


class Access(NamedTuple):
    """The indexes that a request may reach, and the filter that a tenant token puts on its searches."""

    patterns: tuple[str, ...] = ("*",)
    filter: Any = None

    @property
    def to_everything(self) -> bool:
        return "*" in self.patterns

    def reaches(self, index: str | None) -> bool:
        """Whether the index may be seen; what belongs to no index is seen by those who see every one."""
        if index is None:
            return self.to_everything
        return any(fnmatchcase(index, pattern) for pattern in self.patterns)


class Keys:
    """The keys of a server; without a master key everybody may do everything."""

    def __init__(self, master: str | None) -> None:
        self.master = master
        self.made: list[dict[str, Any]] = []
        if master is not None:
            self.make({"name": "Default Search API Key", "actions": ["search"], "indexes": ["*"], "expiresAt": None})
            self.make({"name": "Default Admin API Key", "actions": ["*"], "indexes": ["*"], "expiresAt": None})

    def make(self, asked: dict[str, Any]) -> dict[str, Any]:
        for action in asked["actions"]:
            if action not in _OF_INDEXES | _OF_THE_SERVER:
                raise ProblemError("invalid_api_key_actions", f"Unknown value `{action}` at `.actions`.")
            if action in _OF_THE_SERVER and "*" not in asked["indexes"]:
                raise ProblemError(
                    "index_scoped_api_key_with_global_action",
                    f'cannot create index-scoped API key with global action `"{action}"`\n  - Hint: remove action'
                    f' `"{action}"` from the action list, or remove `indexes` to make the key global',
                )
        uid = asked.get("uid") or str(uuid4())
        assert self.master is not None
        secret = hmac.new(self.master.encode(), uid.encode(), hashlib.sha256).hexdigest()
        key = {"uid": uid, "key": secret, "description": None, "createdAt": now(), "updatedAt": now()} | asked
        self.made.append(key)
        return key

    def delete(self, uid: str) -> None:
        kept = [key for key in self.made if key["uid"] != uid]
        if len(kept) == len(self.made):
            raise ProblemError("api_key_not_found", f"API key `{uid}` not found.")
        self.made = kept

    def check(self, header: str | None, action: str, index: str | None) -> Access:
        """What the request may reach; refuse who may not do this."""
        if self.master is None:
            return Access()
        if header is None or not header.startswith("Bearer "):
            raise ProblemError("missing_authorization_header", _NO_HEADER)
        given = header.removeprefix("Bearer ")
        if given == self.master:
            return Access()
        key = next((one for one in self.made if one["key"] == given), None)
        if key is not None:
            return _checked(key, action, index)
        return self._check_token(given, action, index)

    def _check_token(self, token: str, action: str, index: str | None) -> Access:
        try:
            head, body, signature = token.split(".")
            payload = json.loads(_decoded(body))
            key = next(one for one in self.made if UUID(one["uid"]) == UUID(payload["apiKeyUid"]))
        except (ValueError, KeyError, TypeError, StopIteration) as error:
            raise ProblemError("invalid_api_key", _REFUSED) from error
        signed = hmac.new(key["key"].encode(), f"{head}.{body}".encode(), hashlib.sha256).digest()
        if json.loads(_decoded(head)).get("alg") != "HS256" or not hmac.compare_digest(signed, _decoded(signature)):
            raise ProblemError("invalid_api_key", _REFUSED)
        ends, present = payload.get("exp"), int(time.time())
        if ends is not None and ends < present:
            raise ProblemError(
                "invalid_api_key", f"Tenant token expired. Was valid up to `{ends}` and we're now `{present}`."
            )
        if action != "search" or index is None:
            raise ProblemError("invalid_api_key", _REFUSED)
        rules = payload["searchRules"]
        rules = {name: {} for name in rules} if isinstance(rules, list) else rules
        rule = next((rules[name] for name in rules if fnmatchcase(index, name)), False)
        if rule is False:
            raise ProblemError(
                "invalid_api_key",
                f"The provided tenant token cannot acces the index `{index}`, allowed indexes are"
                f" {json.dumps([*rules])}.",
            )
        return _checked(key, action, index)._replace(filter=(rule or {}).get("filter"))


def _checked(key: dict[str, Any], action: str, index: str | None) -> Access:
    access = Access(tuple(key["indexes"]))
    able = any(fnmatchcase(action, pattern) for pattern in key["actions"]) and not action.startswith("keys.")
    able = able and (action not in _OF_THE_SERVER or access.to_everything)  # seen: an old key of some indexes lives on
    if not able or (index is not None and not access.reaches(index)):
        raise ProblemError("invalid_api_key", _REFUSED)
    return access


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
