"""Clients that send slowly, send nothing, or do not read: cut in bounded time, while the others are served."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress

import httpx
import pytest

from api.app import create_app
from core.db.session import SessionFactory, transaction
from core.identity.orgs import add_org
from core.settings import Settings
from serving.feeds.senders import add_sender
from tests.api.conftest import served
from tests.api.raw_http import address_of, connection, dribble, get, read_until_closed

pytestmark = pytest.mark.slow

HEADER_SECONDS, BODY_SECONDS = 0.6, 0.6
BODY = b'{"make": "Toyota", "model": "Corolla", "model_year": 2018}'
POST = b"POST /v1/price-bands HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
FILES = "/v1/feeds/khan-motors/files"


@pytest.fixture(scope="module")
def strict(api_settings: Settings) -> Iterator[httpx.Client]:
    settings = api_settings.model_copy(update={"api_header_seconds": HEADER_SECONDS, "api_body_seconds": BODY_SECONDS})
    with served(create_app(settings), settings) as client:
        yield client


def problem_in(answer: bytes | None) -> tuple[int, str]:
    assert answer, "the server closed without a word, or not at all"
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)["code"]


def test_connection_that_says_nothing_is_closed(strict: httpx.Client) -> None:
    with connection(address_of(strict)) as line:
        assert read_until_closed(line, 30) == b""


def test_head_that_dribbles_is_cut(strict: httpx.Client) -> None:
    with connection(address_of(strict)) as line:
        line.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        assert problem_in(dribble(line, b"a", every=0.05, seconds=30)) == (408, "header_too_slow")


def test_second_head_on_a_connection_has_its_own_time(strict: httpx.Client) -> None:
    with connection(address_of(strict)) as line:
        line.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert line.recv(65536).startswith(b"HTTP/1.1 200")
        line.sendall(b"GET /heal")
        assert problem_in(dribble(line, b"a", every=0.05, seconds=30)) == (408, "header_too_slow")


def test_head_without_end_is_refused_by_size(strict: httpx.Client) -> None:
    with connection(address_of(strict)) as line:
        line.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Long: ")
        answer = b""
        line.settimeout(5)
        try:
            for _ in range(64):
                line.sendall(b"x" * 16_384)
        except OSError:
            pass
        answer = read_until_closed(line, 30) or b""
        assert not answer or problem_in(answer) == (431, "header_too_large")


@pytest.mark.parametrize(("size", "status"), [(63_000, 200), (70_000, 431)])
@pytest.mark.parametrize("parts", [1, 2])
def test_whole_head_is_held_to_the_limit_however_it_comes(
    strict: httpx.Client, size: int, status: int, parts: int
) -> None:
    request = get("/healthz").replace(b"Host: x", b"Host: x\r\nX-Long: " + b"a" * size)
    with connection(address_of(strict)) as line:
        with suppress(OSError):  # refused before all of it was sent
            for start in range(parts):
                line.sendall(request[start * 30_000 : 30_000 if start + 1 < parts else None])
                time.sleep(0.05)
        answer = read_until_closed(line, 30)
    assert answer is None or not answer or int(answer.split()[1]) == status
    assert answer or status == 431


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_body_that_dribbles_is_cut(strict: httpx.Client, framing: str) -> None:
    head = POST % 1000 if framing == "length" else POST.replace(b"Content-Length: %d", b"Transfer-Encoding: chunked")
    with connection(address_of(strict)) as line:
        line.sendall(head)
        data = b" " if framing == "length" else b"1\r\n \r\n"
        assert problem_in(dribble(line, data, every=0.05, seconds=30)) == (408, "body_too_slow")


def test_body_that_stops_is_cut(strict: httpx.Client) -> None:
    with connection(address_of(strict)) as line:
        line.sendall(POST % len(BODY) + BODY[:10])
        assert problem_in(read_until_closed(line, 30)) == (408, "body_too_slow")


def test_body_that_nobody_asked_for_does_not_hold_the_connection(strict: httpx.Client) -> None:
    with connection(address_of(strict)) as line:
        line.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n")
        answer = dribble(line, b"x", every=0.05, seconds=12)
        assert answer is not None
        assert answer.startswith(b"HTTP/1.1 200")


def test_upload_that_pauses_is_cut_and_a_steady_one_is_not(
    strict: httpx.Client, session_factory: SessionFactory
) -> None:
    with transaction(session_factory) as session:
        token = add_sender(session, add_org(session, "khan-motors", "Khan", default_mapping="showroom"), "tests")
    head = (
        f"PUT {FILES} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n"
        "Content-Length: 40\r\n\r\n"
    ).encode()
    with connection(address_of(strict)) as line:
        line.sendall(head + b"Stock No")
        assert problem_in(read_until_closed(line, 8)) == (408, "upload_too_slow")
    with connection(address_of(strict)) as line:
        line.sendall(head)
        for _ in range(8):  # 1.6 s in all, never a long pause
            line.sendall(b"Stock")
            time.sleep(0.2)
        assert (read_until_closed(line, 8) or b"").startswith(b"HTTP/1.1 202")


def test_half_open_clients_keep_nobody_out(strict: httpx.Client) -> None:
    with ExitStack() as lines:
        held = [lines.enter_context(connection(address_of(strict))) for _ in range(300)]
        for number, line in enumerate(held):
            line.sendall((b"GET /v1/list", POST % 1000, b"")[number % 3])
        assert strict.get("/healthz").status_code == 200
        assert strict.post("/v1/price-bands", content=BODY, headers={"content-type": "application/json"}).is_success
        deadline = time.monotonic() + 20
        for line in held:
            assert read_until_closed(line, max(0.1, deadline - time.monotonic())) is not None


def test_reader_that_does_not_read_is_cut(api_settings: Settings) -> None:
    app = create_app(api_settings)
    done = threading.Event()

    @app.get("/large", include_in_schema=False)
    async def large() -> str:
        return "x" * 50_000_000

    with served(app, api_settings, write_seconds=0.5) as client, connection(address_of(client)) as line:
        line.sendall(get("/large"))
        time.sleep(2.5)  # the buffers between us are full, and nothing is read
        line.settimeout(10)
        received = 0
        try:
            while chunk := line.recv(1 << 20):
                received += len(chunk)
        except OSError:
            pass
        done.set()
        assert received < 50_000_000
        assert client.get("/healthz").status_code == 200
