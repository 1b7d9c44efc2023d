"""The proxy of the installation is asked for the checked address; those of the environment are asked for nothing."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from core.egress.addresses import EgressRules, resolve
from core.egress.errors import ServerUnreachableError
from core.egress.http import Connections, Request, trusted
from core.egress.proxy import BadProxyError, proxy_of
from core.settings import Settings
from tests.factories.sites import localhost_certificate, page, served_site

PUBLIC = "8.8.8.8"


@dataclass
class Tunnel:
    """A proxy that connects every tunnel to one port of this machine, and keeps what it was asked for."""

    port: int = 0
    to: int = 0
    asked: list[str] = field(default_factory=list)

    def serve(self, listening: socket.socket) -> None:
        with suppress(OSError):
            while True:
                client, _ = listening.accept()
                threading.Thread(target=self._tunnel, args=(client,), daemon=True).start()

    def _tunnel(self, client: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            head += client.recv(4096)
        self.asked.append(head.split(b"\r\n")[0].decode())
        server = socket.create_connection(("127.0.0.1", self.to))
        client.sendall(b"HTTP/1.1 200 ok\r\n\r\n")
        back = threading.Thread(target=_pour, args=(server, client), daemon=True)
        back.start()
        _pour(client, server)
        back.join()
        client.close()
        server.close()


def _pour(source: socket.socket, into: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65_536):
            into.sendall(data)
        into.shutdown(socket.SHUT_WR)


@contextmanager
def tunnel() -> Iterator[Tunnel]:
    made = Tunnel()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        made.port = listening.getsockname()[1]
        thread = threading.Thread(target=made.serve, args=(listening,))
        thread.start()
        try:
            yield made
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return localhost_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names that were resolved: to a public address the first time, to loopback from then on."""
    asked: list[str] = []

    async def getaddrinfo(self: Any, host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (PUBLIC if len(asked) == 1 else "127.0.0.1", port))]

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", getaddrinfo)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    return asked


async def fetched(url: str, rules: EgressRules) -> bytes:
    target = await resolve(url, rules)
    connections = Connections(trusted(rules))
    try:
        async with connections.send(target, Request()) as answer:
            return await answer.aread()
    finally:
        await connections.close()


def test_proxy_gets_the_checked_address_and_tls_goes_to_the_host(certificate: Path, names: list[str]) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with served_site(context) as site, tunnel() as proxy:
        site.pages["/a"] = page(b"here")
        proxy.to = site.port
        rules = EgressRules(ca_file=certificate, proxy=f"http://127.0.0.1:{proxy.port}")
        assert asyncio.run(fetched("https://localhost/a", rules)) == b"here"
        assert site.asked[0][1]["host"] == "localhost"
        assert proxy.asked == [f"CONNECT {PUBLIC}:443 HTTP/1.1"]
        assert names == ["localhost"], "the name is resolved once"
        names.clear()
        with pytest.raises(ServerUnreachableError):
            asyncio.run(fetched("https://another.example/a", rules))
        assert len(site.asked) == 1, "a certificate of another host is refused behind a proxy too"


def test_private_host_is_reached_without_the_proxy_and_without_those_of_the_environment(names: list[str]) -> None:
    with served_site(host="127.0.0.1") as site, tunnel() as proxy:
        site.pages["/a"] = page(b"here")
        names.append("the first")
        rules = EgressRules(frozenset({"127.0.0.1"}), plain_private=True, proxy=f"http://127.0.0.1:{proxy.port}")
        assert asyncio.run(fetched(f"{site.url}/a", rules)) == b"here"
        assert proxy.asked == []


@pytest.mark.parametrize("given", ["socks5://proxy:1080", "proxy:3128", "http://proxy", "http://proxy:3128/path", "x"])
def test_setting_that_is_no_proxy_is_refused(settings: Settings, given: str) -> None:
    with pytest.raises(BadProxyError, match="OUTBOUND_PROXY is an address"):
        proxy_of(settings.model_copy(update={"outbound_proxy": SecretStr(given)}))
    assert given not in repr(replace(EgressRules(), proxy=given))
