"""The embedded server: joined by many, stopped by the last, and none the worse for a kill."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import psycopg

from core.db.embedded import embedded_postgres

HOLD = """
import sys, time
from pathlib import Path
from core.db.embedded import embedded_postgres
with embedded_postgres(Path(sys.argv[1])) as url:
    print(url, flush=True)
    time.sleep(600)
"""


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


def test_last_user_stops_the_server(tmp_path: Path) -> None:
    with embedded_postgres(tmp_path) as outer:
        with embedded_postgres(tmp_path) as inner:
            assert inner == outer
        with psycopg.connect(outer) as connection:
            version = connection.execute("SHOW server_version").fetchone()
            assert version is not None
            assert version[0].startswith("18.")
    assert postmaster(tmp_path) is None


def test_killed_user_does_not_keep_the_server_alive(tmp_path: Path) -> None:
    other = holder(tmp_path)
    try:
        with embedded_postgres(tmp_path):
            other.kill()
            other.wait()
    finally:
        if other.stdout is not None:
            other.stdout.close()
    assert postmaster(tmp_path) is None


def test_server_that_was_killed_comes_back_with_what_was_committed(tmp_path: Path) -> None:
    with embedded_postgres(tmp_path) as url:
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS n")
        server = postmaster(tmp_path)
        assert server is not None
        family = [server, *server.children(recursive=True)]
        for process in family:
            os.kill(process.pid, signal.SIGKILL)
        psutil.wait_procs(family, timeout=10)
        with embedded_postgres(tmp_path) as again, psycopg.connect(again) as connection:
            assert connection.execute("SELECT n FROM kept").fetchone() == (42,)


def test_pid_file_that_names_another_program_is_no_obstacle(tmp_path: Path) -> None:
    with embedded_postgres(tmp_path):
        pass
    lines = [
        str(os.getpid()),
        str(tmp_path / "data"),
        str(int(time.time())),
        "5432",
        str(tmp_path / "data"),
        "",
        "",
        "ready",
    ]
    (tmp_path / "data" / "postmaster.pid").write_text("\n".join(lines) + "\n")
    with embedded_postgres(tmp_path) as url, psycopg.connect(url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
