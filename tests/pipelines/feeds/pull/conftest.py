"""A real HTTPS server with a certificate of its own authority, and a real SFTP server, both on loopback."""

import asyncio
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import asyncssh
import pytest
from pydantic import SecretStr

from core.clock import utc_now
from core.db.session import SessionFactory, transaction
from core.egress.addresses import EgressRules
from core.identity.orgs import add_org, get_org
from core.settings import Settings
from core.storage import Storage
from pipelines.feeds.pull.pull import PulledSource, pull_sources
from pipelines.feeds.pull.sources import NewSource, add_source
from tests.factories import sites
from tests.factories.sites import Answer, Site, localhost_certificate, served_site

STOCK = b"Stock No,Make,Model,Year,Demand\nK1,Toyota,Corolla,2018,45 lacs\n"


def page(body: bytes = STOCK, status: int = 200, **headers: str) -> Answer:
    return sites.page(body, status, **headers)


def with_etag(etag: str, body: bytes = STOCK) -> Answer:
    return sites.with_etag(etag, body)


def drip(handler: BaseHTTPRequestHandler) -> None:
    """A byte now and then, for ever: no single read times out."""
    handler.send_response(200)
    handler.end_headers()
    for _ in range(200):
        handler.wfile.write(b"x")
        handler.wfile.flush()
        time.sleep(0.05)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return localhost_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def site(certificate: Path) -> Iterator[Site]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with served_site(context) as made:
        yield made


@pytest.fixture
def plain_site() -> Iterator[Site]:
    with served_site() as made:
        yield made


@dataclass
class Sftp:
    port: int
    host_key: str
    folder: Path


class _Login(asyncssh.SSHServer):
    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == ("khan", "s3cret-pass")


@pytest.fixture
def sftp(tmp_path: Path) -> Iterator[Sftp]:
    """asyncssh's own server, in a loop of its own thread."""
    folder = tmp_path / "sftp"
    folder.mkdir()
    key = asyncssh.generate_private_key("ssh-ed25519")
    loop = asyncio.new_event_loop()

    async def start() -> asyncssh.SSHAcceptor:
        return await asyncssh.listen(
            "127.0.0.1",
            0,
            server_host_keys=[key],
            server_factory=_Login,
            sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot=str(folder).encode()),
        )

    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    acceptor = asyncio.run_coroutine_threadsafe(start(), loop).result(20)
    yield Sftp(acceptor.get_port(), key.convert_to_public().get_fingerprint(), folder)

    async def stop() -> None:
        acceptor.close()
        await acceptor.wait_closed()

    asyncio.run_coroutine_threadsafe(stop(), loop).result(20)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


@pytest.fixture
def pull_settings(settings: Settings, certificate: Path) -> Settings:
    """Return settings that allow loopback by name, which no one does outside tests."""
    return settings.model_copy(
        update={
            "feed_pull_allow_hosts": "localhost",
            "feed_pull_ca_file": certificate,
            "feed_pull_seconds": 20,
            "feed_max_file_mb": 1,
            "feed_pull_credentials": SecretStr('{"khan": "khan:s3cret-pass", "wrong": "khan:nope"}'),
        }
    )


@pytest.fixture
def dealer(session_factory: SessionFactory) -> str:
    with transaction(session_factory) as session:
        return add_org(session, "khan-motors", "Khan Motors", default_mapping="showroom").code


Pull = Callable[..., PulledSource]


@pytest.fixture
def pull(session_factory: SessionFactory, storage: Storage, pull_settings: Settings, dealer: str) -> Pull:
    """Add a source (once) and read it; the settings can be changed by keyword."""
    added: set[str] = set()

    def pulled(url: str, *, credential: str | None = None, host_key: str | None = None, **changes: Any) -> PulledSource:
        settings = pull_settings.model_copy(update=changes)
        if url not in added:
            with transaction(session_factory) as session:
                org = get_org(session, dealer)
                rules = EgressRules(schemes=("https", "sftp", "ftps", "ftpes", "http"))
                new = NewSource(url, credential=credential, host_key=host_key)
                add_source(session, storage, org, new, rules)
            added.add(url)
        report = pull_sources(session_factory, storage, settings, utc_now(), dealer=dealer)
        return report.sources[-1]

    return pulled
