"""Ask Meilisearch over connections that are kept, one a thread: the official client opens one for every request.

A request leaves in one piece, and what the server has begun to answer is acknowledged at once: a kept connection whose
answer comes in two pieces otherwise waits for up to 40 ms for an acknowledgement that the system holds back.
"""

import json
import socket
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from threading import local
from typing import Any
from urllib.parse import urlsplit
from weakref import finalize

from core.search.meilisearch.errors import no_answer, refusal

_SECONDS = 10  # a server that hangs must not hold the threads of the API for long
_TRIES = 2  # a connection that the server closed meanwhile is opened anew once


class KeptConnections:
    """Connections to one server; safe to use from many threads."""

    def __init__(self, url: str, key: str | None) -> None:
        parts = urlsplit(url)
        self._kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self._host, self._path = parts.netloc.rpartition("@")[2], parts.path.rstrip("/")
        self._headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})
        self._threads = local()

    def ask(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """Send a request that may be repeated, and return its answer.

        Raises:
            RetryableError: `search_unavailable` where the server does not answer, or not now.
            PermanentError: `search_key_refused`, or Meilisearch's own code as `meilisearch_<code>`.
        """
        content = None if body is None else json.dumps(body, ensure_ascii=False).encode(errors="ignore")
        try:
            status, answered = self._answer(method, f"{self._path}/{path}", content)
            answer = json.loads(answered)
        except (OSError, HTTPException, ValueError) as error:
            self._close()
            raise no_answer() from error
        given = answer if isinstance(answer, dict) else {}
        if status >= 400:
            raise refusal(status, str(given.get("code")), str(given.get("message")))
        return given

    def _answer(self, method: str, path: str, content: bytes | None) -> tuple[int, bytes]:
        for attempt in range(_TRIES):
            connection, is_new = self._connection()
            try:
                connection.request(method, path, content, self._headers)
                _acknowledge_at_once(connection)
                response = connection.getresponse()
                return response.status, response.read()
            except (ConnectionError, HTTPException):
                self._close()
                if is_new or attempt == _TRIES - 1:
                    raise
        raise HTTPException("no attempt was made")

    def _connection(self) -> tuple[HTTPConnection, bool]:
        kept: _Closing | None = getattr(self._threads, "kept", None)
        if kept is not None:
            return kept.connection, False
        made = self._threads.kept = _Closing(self._kind(self._host, timeout=_SECONDS))
        return made.connection, True

    def _close(self) -> None:
        self._threads.kept = None


class _Closing:
    """Closes its connection when nothing holds it any more: when its thread has ended, or the server is let go."""

    def __init__(self, connection: HTTPConnection) -> None:
        self.connection = connection
        # Not __del__: of a cycle that is let go, the socket may be finalized first, and warns that it is open.
        finalize(self, connection.close)


def _acknowledge_at_once(connection: HTTPConnection) -> None:
    if hasattr(socket, "TCP_QUICKACK") and isinstance(connection.sock, socket.socket):
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
