"""The embedded server: joined by many, stopped by the last, and none the worse for a kill."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import psycopg
import pytest
from sqlalchemy import text

from core.db.embedded import embedded_postgres
from core.db.session import make_engine
from core.errors import RetryableError

pytestmark = pytest.mark.slow

HOLD = """
import sys, time
from pathlib import Path
from core.db.embedded import embedded_postgres
with embedded_postgres(Path(sys.argv[1])) as url:
    print(url, flush=True)
    time.sleep(600)
"""


@pytest.fixture
def own_folder() -> Iterator[Path]:
    """Not pytest's: as root the server is another user, to whom every other pytest of this machine closes those."""
    with tempfile.TemporaryDirectory(prefix="automart-", ignore_cleanup_errors=True) as name:
        yield Path(name)


def postmaster(folder: Path) -> psutil.Process | None:
    pid_file = folder / "data" / "postmaster.pid"
    if not pid_file.exists():
        return None
    return psutil.Process(int(pid_file.read_text().splitlines()[0]))


def holder(folder: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(folder)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline().startswith("postgresql://")
    return process


def test_last_user_stops_the_server(own_folder: Path) -> None:
    with embedded_postgres(own_folder) as outer:
        with embedded_postgres(own_folder) as inner:
            assert inner == outer
        with psycopg.connect(outer) as connection:
            version = connection.execute("SHOW server_version").fetchone()
            assert version is not None
            assert version[0].startswith("18.")
    assert postmaster(own_folder) is None


def test_killed_user_does_not_keep_the_server_alive(own_folder: Path) -> None:
    other = holder(own_folder)
    try:
        with embedded_postgres(own_folder):
            other.kill()
            other.wait()
    finally:
        if other.stdout is not None:
            other.stdout.close()
    assert postmaster(own_folder) is None


def test_server_that_was_killed_comes_back_with_what_was_committed(own_folder: Path) -> None:
    with embedded_postgres(own_folder) as url:
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS n")
        server = postmaster(own_folder)
        assert server is not None
        family = [server, *server.children(recursive=True)]
        for process in family:
            with suppress(psutil.NoSuchProcess):  # a backend may end by itself once the postmaster is gone
                process.kill()
        psutil.wait_procs(family, timeout=10)
        with embedded_postgres(own_folder) as again, psycopg.connect(again) as connection:
            assert connection.execute("SELECT n FROM kept").fetchone() == (42,)


def test_list_of_processes_that_a_kill_cut_off_is_no_obstacle(own_folder: Path) -> None:
    with embedded_postgres(own_folder):
        pass
    (own_folder / "data" / ".handle_pids.json").write_text("")
    with embedded_postgres(own_folder) as url, psycopg.connect(url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_pid_file_that_names_another_program_is_no_obstacle(own_folder: Path) -> None:
    with embedded_postgres(own_folder):
        pass
    lines = [
        str(os.getpid()),
        str(own_folder / "data"),
        str(int(time.time())),
        "5432",
        str(own_folder / "data"),
        "",
        "",
        "ready",
    ]
    (own_folder / "data" / "postmaster.pid").write_text("\n".join(lines) + "\n")
    with embedded_postgres(own_folder) as url, psycopg.connect(url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.parametrize(
    "name",
    ["with a space", "100%25 + & # ?", "quo\"te's", "$HOME `id` ; \\", "اردو", os.fsdecode(b"l\xe4ger"), "long" * 40],
)
def test_any_folder_name_will_do(own_folder: Path, name: str) -> None:
    folder = own_folder / name
    with embedded_postgres(folder) as url:
        engine = make_engine(url)  # as the platform reads the address: by SQLAlchemy, beside libpq below
        with engine.connect() as connection:
            assert connection.scalar(text("SELECT 1")) == 1
        engine.dispose()
        with embedded_postgres(folder) as again, psycopg.connect(again) as joined:
            assert joined.execute("SHOW data_directory").fetchone() is not None
        assert (folder / "data" / "PG_VERSION").exists()
    assert postmaster(folder) is None


def test_folder_of_short_links_that_belongs_to_somebody_else_is_refused(
    own_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(own_folder / "shared"))
    planted = own_folder / "shared" / f"automart-{os.geteuid()}"
    planted.mkdir(parents=True)
    planted.chmod(0o777)
    with pytest.raises(RetryableError, match="shared"), embedded_postgres(own_folder / "with a space"):
        pass
