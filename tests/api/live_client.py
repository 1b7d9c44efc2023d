"""A client of the live WebSocket, and the numbering that runs beside it."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from core.db.session import SessionFactory
from tests.factories.live import number_waiting

Message = dict[str, Any]


@contextmanager
def numbering(factory: SessionFactory) -> Iterator[None]:
    """Number events as they come, for as long as the block lasts."""
    stop = threading.Event()

    def run() -> None:
        while not stop.wait(0.02):
            number_waiting(factory)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def opened(
    client: httpx.Client, token: str | None, query: str = "", origin: str | None = None, buffer: int = 0
) -> ClientConnection:
    """Open a WebSocket, the token as its subprotocol; with a `buffer` the client's side holds no more than that."""
    protocols = None if token is None else [Subprotocol("automart.live"), Subprotocol(f"bearer.{token}")]
    address = str(client.base_url).replace("http", "ws", 1)
    own = None
    if buffer:
        own = socket.socket()
        own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        own.connect((client.base_url.host, client.base_url.port))
    return connect(
        f"{address}/v1/live{query}",
        subprotocols=protocols,
        origin=None if origin is None else Origin(origin),
        proxy=None,
        sock=own,
    )


def read(connection: ClientConnection, seconds: float = 8) -> Message:
    """The next message."""
    message: Message = json.loads(connection.recv(timeout=seconds))
    return message


def events(connection: ClientConnection, number: int) -> list[Message]:
    """The next events; heartbeats are passed over."""
    found: list[Message] = []
    while len(found) < number:
        message = read(connection)
        assert message["type"] in ("event", "heartbeat", "ready"), message
        found += [message] if message["type"] == "event" else []
    return found


def ending(connection: ClientConnection) -> tuple[list[Message], str, int]:
    """Read messages until the end; return them, the code of the end, and the code of the close."""
    got: list[Message] = []
    try:
        while True:
            got.append(read(connection))
    except ConnectionClosed as closed:
        code = 0 if closed.rcvd is None else closed.rcvd.code
        return [each for each in got if each["type"] == "event"], got[-1].get("code", ""), code
