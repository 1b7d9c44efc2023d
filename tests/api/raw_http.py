"""Raw connections to a server: many at once, or one that dribbles its bytes."""

import asyncio
import socket
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import httpx


@dataclass(frozen=True)
class RawAnswer:
    """The answer on one connection, and the seconds it took; status 0: no answer."""

    status: int
    headers: dict[str, str]
    body: bytes
    seconds: float


def address_of(client: httpx.Client) -> tuple[str, int]:
    return client.base_url.host, client.base_url.port or 80


async def ask(address: tuple[str, int], request: bytes, patience: float) -> RawAnswer:
    """Send one request on a connection of its own and read the whole answer."""
    started = time.perf_counter()
    status, headers, body = 0, {}, b""
    with suppress(TimeoutError, OSError, asyncio.IncompleteReadError):
        async with asyncio.timeout(patience):
            reader, writer = await asyncio.open_connection(*address)
            try:
                writer.write(request)
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in head[1:] if line)}
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                status = int(head[0].split()[1])
            finally:
                writer.close()
    return RawAnswer(status, headers, body, time.perf_counter() - started)


def get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()


def ask_at_once(address: tuple[str, int], requests: list[bytes], patience: float = 60) -> list[RawAnswer]:
    """All requests at the same time, each on a connection of its own."""

    async def everyone() -> list[RawAnswer]:
        return list(await asyncio.gather(*(ask(address, request, patience) for request in requests)))

    return asyncio.run(everyone())


@contextmanager
def connection(address: tuple[str, int]) -> Iterator[socket.socket]:
    with closing(socket.create_connection(address, timeout=20)) as line:
        yield line


def dribble(line: socket.socket, data: bytes, *, every: float, seconds: float) -> bytes | None:
    """Send one byte every so often until the server closes; what it sent, None if it never closed."""
    line.settimeout(every)
    received, deadline = b"", time.monotonic() + seconds
    for number in range(10**9):
        if time.monotonic() > deadline:
            return None
        try:
            line.sendall(data[number % len(data) :][:1])
            chunk = line.recv(65536)
        except TimeoutError:
            continue
        except OSError:
            return received
        if not chunk:
            return received
        received += chunk
    return None


def read_until_closed(line: socket.socket, seconds: float) -> bytes | None:
    """Return the bytes that the server sends to a silent client until it closes; None if it does not close."""
    line.settimeout(seconds)
    received: Any = b""
    try:
        while chunk := line.recv(65536):
            received += chunk
    except TimeoutError:
        return None
    except OSError:
        pass
    return bytes(received)
