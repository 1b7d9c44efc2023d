"""A store that is away or refuses us is one plain sentence, without addresses, from every operation."""

import io
import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest

from core.errors import InvalidInputError, RetryableError
from core.settings import Settings
from core.storage import Storage, open_storage

SECRETS = ("127.0.0.1", "http", "bucket", "Debug", "reqwest", "\n")
OPERATIONS: dict[str, Callable[[Storage], Any]] = {
    "put": lambda store: store.put("a/1", b"x"),
    "put a file": lambda store: store.put("a/1", io.BytesIO(b"x")),
    "get": lambda store: store.get("a/1"),
    "copy_to": lambda store: store.copy_to("a/1", io.BytesIO()),
    "exists": lambda store: store.exists("a/1"),
    "keys": lambda store: list(store.keys("a")),
    "delete": lambda store: store.delete("a/1"),
}


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> Iterator[Storage]:
    """A bucket behind a port where nobody listens."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        for name, value in {
            "ENDPOINT": f"http://127.0.0.1:{port}",
            "ALLOW_HTTP": "true",
            "ACCESS_KEY_ID": "nobody",
            "SECRET_ACCESS_KEY": "nothing",
            "REGION": "us-east-1",
        }.items():
            monkeypatch.setenv(f"AWS_{name}", value)
        yield open_storage(Settings(storage_url="s3://bucket/prefix"))


@pytest.mark.parametrize("operation", OPERATIONS)
def test_store_that_is_away_is_one_sentence(away: Storage, operation: str) -> None:
    with pytest.raises(RetryableError) as caught:
        OPERATIONS[operation](away)
    assert caught.value.code == "storage_unavailable"
    assert "STORAGE_URL" in caught.value.detail
    assert [word for word in SECRETS if word in caught.value.detail] == []
    assert caught.value.__cause__ is not None  # a log with tracebacks says the rest


@pytest.mark.parametrize("url", ["ftp://x/y", "s3://", "nonsense", "s3:///x"])
def test_address_of_no_store_says_which_there_are(url: str) -> None:
    with pytest.raises(InvalidInputError, match="s3://bucket") as caught:
        open_storage(Settings(storage_url=url))
    assert caught.value.code == "invalid_storage_url"


def test_folder_that_cannot_be_written_is_one_sentence(settings: Settings) -> None:
    store = open_storage(settings)
    store.put("a", b"a file where a folder would have to be")
    with pytest.raises(RetryableError, match="folder") as caught:
        store.put("a/1", b"x")
    assert str(settings.home) not in caught.value.detail
