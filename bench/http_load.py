"""A light HTTP client for benchmarks: keep-alive connections, prepared requests, as little work as possible."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass


def request_bytes(path: str, body: bytes) -> bytes:
    """A POST of JSON, ready to be sent."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def get_bytes(path: str) -> bytes:
    """A GET, ready to be sent."""
    return f"GET {path} HTTP/1.1\r\nHost: bench\r\n\r\n".encode()


Link = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> bytes:
    status, body = await _answer(reader, writer, request)
    if status not in (200, 201):
        raise RuntimeError(f"{status}: {body[:200]!r}")
    return body


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> tuple[int, bytes]:
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
    return int(head.split()[1]), await reader.readexactly(length)


def requests_per_second(port: int, requests: Sequence[bytes], *, connections: int, seconds: float) -> float:
    """Measure the answers a second that a number of connections get, asking one request after the other on each."""

    async def connection(number: int, until: float) -> int:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        done = 0
        while time.perf_counter() < until:
            await _exchange(reader, writer, requests[(number * 997 + done) % len(requests)])
            done += 1
        writer.close()
        return done

    async def all_of_them() -> float:
        started = time.perf_counter()
        done = await asyncio.gather(*(connection(number, started + seconds) for number in range(connections)))
        return sum(done) / (time.perf_counter() - started)

    return asyncio.run(all_of_them())


@dataclass(frozen=True)
class Crowd:
    """The answers of a load: answers with 200 a second, the others, and the slowest in seconds."""

    per_second: float
    refused: int
    slowest: float


def crowd(port: int, requests: Sequence[bytes], *, connections: int, seconds: float) -> Crowd:
    """Ask on many connections at once; each sends its next request as soon as it has an answer of any status."""
    good: list[float] = []
    refused: list[float] = []

    async def connection(number: int, until: float) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        asked = 0
        while (begun := time.perf_counter()) < until:
            status, _ = await _answer(reader, writer, requests[(number * 997 + asked) % len(requests)])
            (good if status == 200 else refused).append(time.perf_counter() - begun)
            asked += 1
        writer.close()

    async def everyone() -> float:
        started = time.perf_counter()
        await asyncio.gather(*(connection(number, started + seconds) for number in range(connections)))
        return time.perf_counter() - started

    took = asyncio.run(everyone())
    return Crowd(len(good) / took, len(refused), max([*good, *refused]))


def latencies(port: int, requests: Sequence[bytes], *, per_second: float, seconds: float) -> list[float]:
    """Seconds from when each request was due until its answer was there, at a steady rate; sorted."""
    found: list[float] = []

    async def one(pool: asyncio.Queue[Link], number: int, due: float) -> None:
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        link = await pool.get()
        await _exchange(*link, requests[number % len(requests)])
        found.append(time.perf_counter() - due)
        pool.put_nowait(link)

    async def all_of_them() -> None:
        pool: asyncio.Queue[Link] = asyncio.Queue()
        for _ in range(32):
            pool.put_nowait(await asyncio.open_connection("127.0.0.1", port))
        start = time.perf_counter() + 0.1
        count = int(per_second * seconds)
        await asyncio.gather(*(one(pool, number, start + number / per_second) for number in range(count)))

    asyncio.run(all_of_them())
    return sorted(found)
