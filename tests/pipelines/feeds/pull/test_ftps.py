"""Files on FTP servers with TLS are registered once, by both ways of encryption, and refused safely."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from core.db.session import SessionFactory, transaction
from core.egress.addresses import EgressRules
from core.identity.orgs import get_org
from core.settings import Settings
from core.storage import Storage
from pipelines.feeds.pull.pull import AT_ONCE
from pipelines.feeds.pull.sources import NewSource, add_source
from pipelines.imports.pending.import_pending import import_pending
from tests.factories.ftps import Ftps, served_ftps
from tests.pipelines.feeds.pull.conftest import STOCK, Pull

pytestmark = pytest.mark.slow


@pytest.fixture(params=["ftpes", "ftps"])
def server(request: pytest.FixtureRequest, tmp_path: Path, certificate: Path) -> Iterator[Ftps]:
    folder = tmp_path / "ftp"
    folder.mkdir()
    with served_ftps(folder, certificate, implicit=request.param == "ftps") as made:
        yield made


@pytest.fixture
def explicit(tmp_path: Path, certificate: Path) -> Iterator[Ftps]:
    with served_ftps(tmp_path, certificate) as made:
        yield made


def files(sessions: SessionFactory) -> list[Any]:
    with sessions() as session:
        return list(session.execute(text("SELECT * FROM feed_files ORDER BY id")).mappings())


def test_ftps_file_is_registered_once_and_imported(
    pull: Pull, server: Ftps, session_factory: SessionFactory, storage: Storage
) -> None:
    (server.folder / "my stock.csv").write_bytes(STOCK)
    url = f"{server.url}/my%20stock.csv"
    results = [pull(url, credential="khan") for _ in range(2)]
    assert [(each.status, each.message) for each in results] == [("new", None), ("unchanged", None)]
    assert server.commands.count("RETR") == 1
    (server.folder / "my stock.csv").write_bytes(STOCK + b"K2,Honda,Civic,2019,50 lacs\n")
    assert pull(url, credential="khan").status == "new"
    assert [file["name"] for file in files(session_factory)] == ["my stock.csv"] * 2
    assert import_pending(session_factory, storage, run_id="test").totals()["created"] == 2


def test_data_connection_continues_the_session_of_the_commands(pull: Pull, server: Ftps) -> None:
    (server.folder / "stock.csv").write_bytes(STOCK)
    assert pull(f"{server.url}/stock.csv", credential="khan").status == "new"
    assert server.resumed == [False, True]


@pytest.mark.parametrize(
    ("path", "credential", "size", "code"),
    [
        ("/gone.csv", "khan", 1, "not_a_file"),
        ("/", "khan", 1, "not_a_file"),
        ("/../../../etc/passwd", "khan", 1, "not_a_file"),
        ("/stock.csv", "wrong", 1, "login_refused"),
        ("/stock.csv", None, 1, "login_refused"),
        ("/stock.csv", "unknown", 1, "unknown_credential"),
        ("/stock.csv", "khan", 0, "empty_file"),
        ("/stock.csv", "khan", (1 << 20) + 1, "file_too_large"),
    ],
)
def test_bad_ftps_is_a_failure_with_a_code(
    pull: Pull, explicit: Ftps, session_factory: SessionFactory, path: str, credential: str | None, size: int, code: str
) -> None:
    (explicit.folder / "stock.csv").write_bytes(b"x" * size)
    result = pull(f"{explicit.url}{path}", credential=credential)
    assert (result.status, result.code) == ("failed", code)
    assert "s3cret" not in repr(result)
    assert files(session_factory) == []
    with session_factory() as session:
        assert session.scalars(text("SELECT last_code FROM feed_sources ORDER BY id")).all() == [code]


@pytest.mark.parametrize(
    ("host", "changes"),
    [("localhost", {"feed_pull_ca_file": None}), ("127.0.0.1", {"feed_pull_allow_hosts": "localhost,127.0.0.1"})],
    ids=["unknown", "of another host"],
)
def test_certificate_is_proved_before_the_password_is_sent(
    pull: Pull, server: Ftps, host: str, changes: dict[str, Any]
) -> None:
    (server.folder / "stock.csv").write_bytes(STOCK)
    result = pull(f"{server.url.replace('localhost', host)}/stock.csv", credential="khan", **changes)
    assert result.code == "certificate_refused"
    assert host in (result.message or "")
    assert "USER" not in server.commands


def test_private_address_is_not_reached(pull: Pull, server: Ftps) -> None:
    assert pull(f"{server.url}/stock.csv", credential="khan", feed_pull_allow_hosts="").code == "address_not_allowed"
    assert server.commands == []


def test_address_that_the_server_names_for_data_is_not_believed(pull: Pull, explicit: Ftps) -> None:
    (explicit.folder / "stock.csv").write_bytes(STOCK)
    explicit.handler.masquerade_address = "169.254.169.254"
    assert pull(f"{explicit.url}/stock.csv", credential="khan").status == "new"


def test_server_without_tls_or_of_the_other_kind_is_told(pull: Pull, server: Ftps) -> None:
    other = {"ftps": "ftpes", "ftpes": "ftps"}[server.url.partition(":")[0]]
    url = f"{other}://{server.url.partition('://')[2]}/stock.csv"
    assert pull(url, credential="khan", feed_pull_seconds=1).code in ("ftps_failed", "too_slow")
    server.handler.proto_cmds = {name: it for name, it in server.handler.proto_cmds.items() if name != "AUTH"}
    if other == "ftps":
        assert pull(f"{server.url}/stock.csv", credential="khan").code == "tls_not_offered"
    assert "USER" not in server.commands


def test_server_that_does_not_tell_size_or_time_is_read_each_time(
    pull: Pull, explicit: Ftps, session_factory: SessionFactory
) -> None:
    (explicit.folder / "stock.csv").write_bytes(STOCK)
    known = explicit.handler.proto_cmds
    explicit.handler.proto_cmds = {name: it for name, it in known.items() if name not in ("SIZE", "MDTM")}
    url = f"{explicit.url}/stock.csv"
    assert [pull(url, credential="khan").status for _ in range(2)] == ["new", "unchanged"]
    assert explicit.commands.count("RETR") == 2
    assert len(files(session_factory)) == 1


def test_file_that_changes_while_it_is_read_is_not_taken(
    pull: Pull, explicit: Ftps, session_factory: SessionFactory
) -> None:
    """Its sender is still writing it: a half list would take the other half's cars off."""
    stock = explicit.folder / "stock.csv"
    stock.write_bytes(STOCK)
    read = explicit.handler.ftp_RETR

    def grows(self: Any, path: str) -> Any:
        answer = read(self, path)
        with stock.open("ab") as file:
            file.write(b"K2,Honda,Civic,2019,50 lacs\n" * 10_000)
        return answer

    explicit.handler.ftp_RETR = grows
    assert pull(f"{explicit.url}/stock.csv", credential="khan").code == "file_changed"
    assert files(session_factory) == []
    explicit.handler.ftp_RETR = read
    assert pull(f"{explicit.url}/stock.csv", credential="khan").status == "new"


def test_silent_server_is_stopped_when_its_time_is_over(pull: Pull, explicit: Ftps) -> None:
    (explicit.folder / "stock.csv").write_bytes(STOCK)
    explicit.handler.ftp_RETR = lambda self, path: None
    assert pull(f"{explicit.url}/stock.csv", credential="khan", feed_pull_seconds=0.5).code == "too_slow"


def test_server_that_replies_without_end_is_left(pull: Pull, explicit: Ftps) -> None:
    explicit.handler.banner = "\r\n".join(f"220-line {number}" for number in range(20_000)) + "\r\n220 x"
    assert pull(f"{explicit.url}/stock.csv", credential="khan").code == "ftps_failed"


def test_killed_pull_is_done_again(
    pull: Pull,
    explicit: Ftps,
    session_factory: SessionFactory,
    pull_settings: Settings,
    environment: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """kill -9 in the middle of the file: nothing of it is kept or remembered, and the next pull has it once."""
    (explicit.folder / "stock.csv").write_bytes(STOCK)
    url, read = f"{explicit.url}/stock.csv", explicit.handler.ftp_RETR
    assert pull(url, credential="wrong").code == "login_refused"  # the source is there
    with session_factory.begin() as session:
        session.execute(text("UPDATE feed_sources SET credential = 'khan'"))
    asked = threading.Event()
    explicit.handler.ftp_RETR = lambda self, path: asked.set()
    monkeypatch.setenv("FEED_PULL_ALLOW_HOSTS", "localhost")
    monkeypatch.setenv("FEED_PULL_CA_FILE", str(pull_settings.feed_pull_ca_file))
    monkeypatch.setenv("FEED_PULL_CREDENTIALS", '{"khan": "khan:s3cret-pass"}')
    with subprocess.Popen([sys.executable, "-c", "from cli.app import main; main()", "feeds", "pull"]) as command:
        assert asked.wait(60)
        command.kill()
    explicit.handler.ftp_RETR = read
    assert files(session_factory) == []
    assert [pull(url).status for _ in range(2)] == ["new", "unchanged"]
    assert len(files(session_factory)) == 1


def test_silent_servers_of_one_dealer_take_no_turn_from_others(
    pull: Pull,
    explicit: Ftps,
    session_factory: SessionFactory,
    storage: Storage,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each is waited for in a thread: with fewer threads than turns a good server got none until its time was over."""
    monkeypatch.setattr(os, "cpu_count", lambda: 1)  # five threads by default
    read = explicit.handler.ftp_RETR
    explicit.handler.ftp_RETR = lambda self, path: read(self, path) if path.endswith("good.csv") else None
    with transaction(session_factory) as session:
        for number in range(AT_ONCE - 1):
            new = NewSource(f"{explicit.url}/{number}.csv", credential="khan")
            add_source(session, storage, get_org(session, "khan-motors"), new, EgressRules(schemes=("ftpes",)))
            (explicit.folder / f"{number}.csv").write_bytes(STOCK)
    (explicit.folder / "good.csv").write_bytes(STOCK)
    assert pull(f"{explicit.url}/good.csv", credential="khan", feed_pull_seconds=3).status == "new"
