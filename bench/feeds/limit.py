"""The limits beside which a first load is judged: a bare COPY of the same rows, and dlt's table with keys as ours."""

import time
from pathlib import Path
from typing import Any

import psycopg

# Columns of the peer's table in place of ours: as many keys and indexes, of the same kinds.
_KEYED = """
ALTER TABLE peer_keyed.cars
  ADD COLUMN key uuid PRIMARY KEY DEFAULT uuidv7(),
  ADD COLUMN org_id uuid NOT NULL DEFAULT '{org}' REFERENCES orgs (id),
  ADD COLUMN branch_id uuid DEFAULT '{branch}' REFERENCES branches (id),
  ADD COLUMN file_id uuid DEFAULT '{file}' REFERENCES feed_files (id),
  ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now(),
  ADD UNIQUE (org_id, stock_no);
CREATE INDEX ON peer_keyed.cars (updated_at);
CREATE INDEX ON peer_keyed.cars (make, model, year) WHERE status = 'Available';
CREATE INDEX ON peer_keyed.cars (body, demand) WHERE status = 'Available';
"""
_OWNER = """
WITH org AS (SELECT id FROM orgs ORDER BY code LIMIT 1), branch AS (
  INSERT INTO branches (org_id, code, name, city) SELECT id, 'keyed', 'Keyed', 'Lahore' FROM org RETURNING id
), file AS (
  INSERT INTO feed_files (org_id, name, mapping, mapping_version, digest, size_bytes, storage_key, received_at)
  SELECT id, 'x.csv', 'x', 1, repeat('0', 64), 1, 'x', now() FROM org RETURNING id
) SELECT org.id, branch.id, file.id FROM org, branch, file
"""
_COLUMNS = """
SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
WHERE attrelid = 'listings'::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
"""


def add_keys(url: str) -> None:
    """Give the peer's table, which exists, the keys and indexes of a stock."""
    with psycopg.connect(url, autocommit=True) as connection:
        found = connection.execute(_OWNER).fetchone()
        assert found is not None
        connection.execute(_KEYED.format(org=found[0], branch=found[1], file=found[2]))


def copy_alone(url: str, server: Path) -> dict[str, Any]:
    """Copy the listings that are there, as they are, into the emptied table; nothing of it stays.

    The table keeps its keys, indexes, checks and computed columns; only the triggers of the outbox do not run.
    """
    with psycopg.connect(url) as connection:
        row = connection.execute(_COLUMNS).fetchone()
        assert row is not None
        with connection.cursor().copy(f"COPY listings ({row[0]}) TO STDOUT") as out:
            text = b"".join(out)
        connection.execute("ALTER TABLE listings DISABLE TRIGGER USER; TRUNCATE listings CASCADE")
        spent, began, mine = server_cpu(server), time.perf_counter(), time.process_time()
        with connection.cursor().copy(f"COPY listings ({row[0]}) FROM STDIN") as copy:
            for at in range(0, len(text), 1 << 20):
                copy.write(text[at : at + (1 << 20)])
        seconds, mine = time.perf_counter() - began, time.process_time() - mine
        timing = {"seconds": seconds, "cpu": server_cpu(server) - spent + mine, "peak_mb": 0}
        connection.rollback()
    return timing


def server_cpu(data: Path) -> float:
    """Return the seconds of CPU that a server's processes have taken so far, those that ended included."""
    postmaster = int((data / "postmaster.pid").read_text().split()[0])
    spent = sum(_ticks(postmaster)[:4])
    for each in Path("/proc").glob("[0-9]*"):
        try:
            if int((each / "stat").read_text().rsplit(")", 1)[1].split()[1]) == postmaster:
                spent += sum(_ticks(int(each.name))[:2])
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has ended meanwhile
    return spent / 100


def _ticks(pid: int) -> list[int]:
    """Return the user and system time of a process, and those of its children that ended."""
    return [int(each) for each in Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[11:15]]
