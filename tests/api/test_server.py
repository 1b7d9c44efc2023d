"""`python -m api` is the way to start the API: it has the limits, and ends when it is told to."""

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing

import httpx
import pytest

from core.db.logins import Login, login_url
from core.settings import NOT_FOR_THE_API, Settings, child_environment
from tests.api.raw_http import connection, dribble, read_until_closed

pytestmark = pytest.mark.slow


@pytest.fixture
def started(settings: Settings) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    chosen = settings.model_copy(
        update={"api_port": port, "api_header_seconds": 0.5, "api_body_seconds": 1.0, "api_threads": 3}
    )
    gateway = {"MESSAGES_HTTP_URL": "http://127.0.0.1:9/", "MESSAGES_HTTP_SECRET": "none is sent"}
    command = [sys.executable, "-m", "api", "--quiet"]
    process = subprocess.Popen(command, env=child_environment(chosen) | gateway)
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                httpx.get(f"http://127.0.0.1:{port}/healthz", trust_env=False)
                break
            except httpx.TransportError:
                assert process.poll() is None
                time.sleep(0.1)
        yield process, port
    finally:
        process.kill()
        process.wait()


def test_started_as_a_module_it_cuts_slow_heads_and_ends_in_time(
    started: tuple[subprocess.Popen[bytes], int],
) -> None:
    process, port = started
    with connection(("127.0.0.1", port)) as line:
        line.sendall(b"GET /healthz HTTP/1.1\r\nX-Slow: ")
        answer = dribble(line, b"a", every=0.05, seconds=8) or b""
        assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"] == "header_too_slow"
    assert httpx.get(f"http://127.0.0.1:{port}/readyz", trust_env=False).status_code in (200, 503)
    with connection(("127.0.0.1", port)) as line:
        line.sendall(b"POST /v1/price-bands HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n")
        line.sendall(b"Content-Length: 100\r\n\r\n{")
        time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)
        assert read_until_closed(line, 5) is not None


def test_codes_on_the_console_beside_an_outside_database_stop_the_start(settings: Settings) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "api", "--quiet"], env=child_environment(settings), capture_output=True, text=True
    )
    assert done.returncode == 2
    assert done.stderr.startswith("error: DATABASE_URL names an outside database")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"DATABASE_OWNER_URL": "postgresql://automart_owner@127.0.0.1:1/x"}, "DATABASE_OWNER_URL is set"),
        ({"DATABASE_URL": Login.PIPELINES}, "exempt from row security"),
        ({"DATABASE_URL": Login.OWNER}, "the owner of tables"),
    ],
)
def test_login_that_policies_do_not_bind_is_a_sentence_and_no_server(
    settings: Settings, database_url: str, variables: dict[str, str], says: str
) -> None:
    named = {
        name: login_url(database_url, value) if isinstance(value, Login) else value for name, value in variables.items()
    }
    env = child_environment(settings, NOT_FOR_THE_API) | named
    done = subprocess.run([sys.executable, "-m", "api", "--quiet"], env=env, capture_output=True, text=True)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr
