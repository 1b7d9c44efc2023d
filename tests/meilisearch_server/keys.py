"""Who may ask: the master key, keys made from it, and tenant tokens signed with one of those."""

import base64
import hashlib
import hmac
import json
import time
from fnmatch import fnmatchcase
from typing import Any
from uuid import UUID, uuid4

from tests.meilisearch_server.index import now
from tests.meilisearch_server.problems import ProblemError

_REFUSED = "The provided API key is invalid."


class Keys:
    """The keys of a server; without a master key everybody may do everything."""

    def __init__(self, master: str | None) -> None:
        self.master = master
        self.made: list[dict[str, Any]] = []
        if master is not None:
            self.make({"name": "Default Search API Key", "actions": ["search"], "indexes": ["*"], "expiresAt": None})
            self.make({"name": "Default Admin API Key", "actions": ["*"], "indexes": ["*"], "expiresAt": None})

    def make(self, asked: dict[str, Any]) -> dict[str, Any]:
        uid = asked.get("uid") or str(uuid4())
        assert self.master is not None
        secret = hmac.new(self.master.encode(), uid.encode(), hashlib.sha256).hexdigest()
        key = {"uid": uid, "key": secret, "description": None, "createdAt": now(), "updatedAt": now()} | asked
        self.made.append(key)
        return key

    def check(self, header: str | None, action: str, index: str | None) -> Any:
        """Refuse who may not do this; the filter that a tenant token puts on the index."""
        if self.master is None:
            return None
        if header is None or not header.startswith("Bearer "):
            raise ProblemError("missing_authorization_header", "The Authorization header is missing.")
        given = header.removeprefix("Bearer ")
        if given == self.master:
            return None
        key = next((one for one in self.made if one["key"] == given), None)
        if key is not None:
            return self._check_key(key, action, index)
        return self._check_token(given, action, index)

    @staticmethod
    def _check_key(key: dict[str, Any], action: str, index: str | None) -> None:
        able = any(fnmatchcase(action, pattern) for pattern in key["actions"]) and not action.startswith("keys.")
        reach = index is None or any(fnmatchcase(index, pattern) for pattern in key["indexes"])
        if not able or not reach:
            raise ProblemError("invalid_api_key", _REFUSED)

    def _check_token(self, token: str, action: str, index: str | None) -> Any:
        try:
            head, body, signature = token.split(".")
            payload = json.loads(_decoded(body))
            key = next(one for one in self.made if UUID(one["uid"]) == UUID(payload["apiKeyUid"]))
        except (ValueError, KeyError, TypeError, StopIteration) as error:
            raise ProblemError("invalid_api_key", _REFUSED) from error
        signed = hmac.new(key["key"].encode(), f"{head}.{body}".encode(), hashlib.sha256).digest()
        if json.loads(_decoded(head)).get("alg") != "HS256" or not hmac.compare_digest(signed, _decoded(signature)):
            raise ProblemError("invalid_api_key", _REFUSED)
        if payload.get("exp") is not None and payload["exp"] < time.time():
            raise ProblemError("invalid_api_key", "Tenant token expired.")
        if action != "search" or index is None:
            raise ProblemError("invalid_api_key", _REFUSED)
        self._check_key(key, action, index)
        rules = payload["searchRules"]
        rules = {name: {} for name in rules} if isinstance(rules, list) else rules
        rule = next((rules[name] for name in rules if fnmatchcase(index, name)), False)
        if rule is False:
            raise ProblemError("invalid_api_key", _REFUSED)
        return (rule or {}).get("filter")


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
