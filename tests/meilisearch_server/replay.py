"""Ask a server the calls of a recording, one after the other, and lay its answers beside the recorded ones.

`answers_1.50.jsonl` was recorded from Meilisearch 1.50.0. A line is a call (who asked, method, path, body, status and
answer), or says how a task ended (`after`). Keys, uids, times and sizes on disk differ from run to run: of them the
comparison keeps that they are there, and of what kind.
"""

import base64
import hashlib
import hmac
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx

RECORDING = Path(__file__).with_name("answers_1.50.jsonl")
_VARYING = {
    "key", "uid", "createdAt", "updatedAt", "enqueuedAt", "startedAt", "finishedAt", "duration", "requestUid",
    "processingTimeMs", "databaseSize", "usedDatabaseSize", "lastUpdate", "rawDocumentDbSize", "avgDocumentSize",
}  # fmt: skip
_SECONDS = re.compile(r"`\d{10}`")
_ENDED = ("succeeded", "failed", "canceled")


class Comparison(NamedTuple):
    """One line of the recording beside what the server answered."""

    line: int
    call: str
    recorded: Any
    answered: Any


def replay(url: str, master_key: str) -> Iterator[Comparison]:
    """Ask every call of the recording of an empty server."""
    keys = {"master": master_key, "nobody": None, "wrong": "not-a-key"}
    with httpx.Client(base_url=url) as client:
        for number, line in enumerate(RECORDING.read_text(encoding="utf-8").splitlines(), 1):
            recorded = json.loads(line)
            if "after" in recorded:
                task = _ended(client, recorded["after"], master_key)
                yield Comparison(number, f"task {recorded['after']}", _comparable(recorded["task"]), _comparable(task))
                continue
            status, answer = _call(client, recorded, keys)
            call = f"{recorded['who']} {recorded['method']} {recorded['path']} {recorded.get('note', '')}"
            yield Comparison(
                number,
                call.strip(),
                (recorded["status"], _comparable(recorded["answer"])),
                (status, _comparable(answer)),
            )
            if recorded["method"] == "POST" and recorded["path"] == "/keys" and status == 201:
                keys |= _keys_from(answer)


def _call(client: httpx.Client, recorded: dict[str, Any], keys: dict[str, Any]) -> tuple[int, Any]:
    key, body = keys[recorded["who"]], recorded["body"]
    # DELETE names its key by the uid of this run.
    path = recorded["path"] if "/keys/" not in recorded["path"] else f"/keys/{keys['uid of apps']}"
    response = client.request(
        recorded["method"],
        path,
        content=None if body is None else json.dumps(body),
        headers={"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {}),
    )
    return response.status_code, response.json() if response.content else None


def _ended(client: httpx.Client, uid: int, master_key: str) -> Any:
    while True:
        task = client.get(f"/tasks/{uid}", headers={"Authorization": f"Bearer {master_key}"}).json()
        if task.get("status") in _ENDED or "code" in task:
            return task
        time.sleep(0.005)


def _keys_from(made: dict[str, Any]) -> dict[str, Any]:
    """The key itself; from the key of the apps, also the tokens that the recording signed with it."""
    keys: dict[str, Any] = {made["name"]: made["key"]}
    if made["name"] == "apps":
        rules = {"listings_v1_aaaa": {"filter": 'visibility IN ["public"]'}}
        keys["tenant"] = tenant_token(made["key"], made["uid"], rules, seconds=3600)
        keys["late"] = tenant_token(made["key"], made["uid"], {"*": {}}, seconds=-5)
        keys["uid of apps"] = made["uid"]
    return keys


def tenant_token(key: str, uid: str, rules: dict[str, Any], *, seconds: int) -> str:
    """Sign a tenant token as Meilisearch's documentation says (a JWT, HS256)."""
    head = _part({"alg": "HS256", "typ": "JWT"})
    signed = head + b"." + _part({"searchRules": rules, "apiKeyUid": uid, "exp": int(time.time()) + seconds})
    mac = base64.urlsafe_b64encode(hmac.new(key.encode(), signed, hashlib.sha256).digest()).rstrip(b"=")
    return (signed + b"." + mac).decode()


def _part(value: dict[str, Any]) -> bytes:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=")


def _comparable(answer: Any) -> Any:
    """Replace what differs from run to run by its kind."""
    if isinstance(answer, list):
        return [_comparable(one) for one in answer]
    if not isinstance(answer, dict):
        return answer
    comparable = {
        name: type(value).__name__ if name in _VARYING and not _is_name(name, value) else _comparable(value)
        for name, value in answer.items()
    }
    if isinstance(answer.get("message"), str):
        comparable["message"] = _SECONDS.sub("`seconds`", answer["message"].partition("\n")[0])
    return comparable


def _is_name(field: str, value: Any) -> bool:
    """Tasks and indexes are called the same in every run; keys are not."""
    return field == "uid" and (isinstance(value, int) or str(value).startswith("listings"))
