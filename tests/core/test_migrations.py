"""Migrations: named by date, frozen in themselves, bounded in time, and true to the data that they find."""

import ast
import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, event, text

from core.db.logins import Login
from core.db.migrate import _config, upgrade_to_head
from core.db.session import make_engine, make_session_factory
from core.identity.principals import find_by_secret
from core.outbox.reader import OutboxReader
from core.search.following import SEARCH
from tests.factories.listings import add_many

pytestmark = pytest.mark.slow

VERSIONS = sorted((Path(__file__).parents[2] / "core/db/migrations/versions").glob("*.py"))
NUMBERED = 8  # the first ones; all later ones are named by date and time
CAR = UUID("01990000-0000-7000-8000-000000000001")
OLD_DATA = """
INSERT INTO orgs (code, name) VALUES ('khan-motors', 'Khan Motors');
INSERT INTO feed_files (org_id, name, mapping, mapping_version, digest, size_bytes, storage_key, received_at)
  SELECT id, 'cars.csv', 'classifieds', 1, 'x', 1, 'feeds/x', now() FROM orgs WHERE code = 'khan-motors';
INSERT INTO listings (id, org_id, source_key, visibility, channels, title, make, model, model_year, price_pkr,
    content_hash, content_hash_version, file_id, row_number)
  SELECT CAST(:car AS uuid), org_id, 'A1', 'public', '{automart}', 'Yaris', 'Toyota', 'Yaris', 2020, 7, '', 1, id, 1
  FROM feed_files;
INSERT INTO outbox_offsets (consumer, snapshot, updated_at) VALUES ('search:x', pg_current_snapshot(), now())
"""


@pytest.mark.parametrize("path", VERSIONS[NUMBERED:], ids=lambda path: path.stem)
def test_later_migrations_are_named_by_date_and_time(path: Path) -> None:
    assert re.fullmatch(r"\d{4}_\d{2}_\d{2}_\d{4}_[a-z0-9_]+", path.stem)
    assert f'revision = "{path.stem[:15]}"' in path.read_text()


def test_migrations_are_one_line() -> None:
    assert len(ScriptDirectory.from_config(_config(None)).get_heads()) == 1


@pytest.mark.parametrize("path", VERSIONS, ids=lambda path: path.stem)
def test_migrations_import_nothing_that_lives_on(path: Path) -> None:
    imported = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Import | ast.ImportFrom)]
    names = [node.module if isinstance(node, ast.ImportFrom) else node.names[0].name for node in imported]
    assert [name for name in names if str(name).partition(".")[0] not in ("alembic", "sqlalchemy", "typing")] == []


@pytest.fixture
def earlier(admin_engine: Engine) -> Iterator[Engine]:
    """A database of its own at the last numbered migration, with a listing in it."""
    name = f"earlier_{admin_engine.url.database}"  # each worker has its own
    with admin_engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {name}"))
        connection.execute(text(f"CREATE DATABASE {name} OWNER {Login.OWNER}"))
        old = make_engine(
            admin_engine.url.set(database=name, username=Login.OWNER).render_as_string(hide_password=False)
        )
        with old.connect() as migrated:
            command.upgrade(_config(migrated), "0008")
            for statement in OLD_DATA.split(";"):
                migrated.execute(text(statement), {"car": CAR} if ":car" in statement else {})
            migrated.commit()
            migrated.execute(
                text("INSERT INTO outbox_events (topic, subject_id, kind) VALUES ('listing', :car, 'rated')"),
                {"car": CAR},
            )
            migrated.commit()
        yield old
        old.dispose()
        connection.execute(text(f"DROP DATABASE {name}"))


def test_events_and_positions_of_before_are_kept_up_and_down(earlier: Engine) -> None:
    upgrade_to_head(earlier)
    with make_session_factory(earlier)() as session:
        reader = OutboxReader(session, SEARCH)
        position = reader.positions.get("search:x")
        assert position is not None
        assert reader.changed(position).subject_ids == [CAR]  # what waited waits, and nothing else does
        session.execute(text("UPDATE listings SET price_pkr = 8"))
        told = session.execute(text("SELECT sequence, payload FROM outbox_changes ORDER BY id DESC LIMIT 1")).one()
        assert (told.sequence, told.payload["old"]["price_pkr"], told.payload["new"]["price_pkr"]) == (2, 7, 8)
        add_many(session, 5)
        session.commit()
    with earlier.connect() as connection:
        command.downgrade(_config(connection), "0008")
        rows = connection.execute(text("SELECT kind, subject_id FROM outbox_events ORDER BY kind, id")).all()
    assert [kind for kind, _ in rows] == ["created"] * 6 + ["rated", "updated"]
    assert len({subject for _, subject in rows}) == 7
    upgrade_to_head(earlier)


def test_upload_tokens_that_were_given_out_stay_valid_up_and_down(earlier: Engine) -> None:
    token = "aut_up_given-out-before"
    digest = sha256(token.encode())
    kept = "SELECT token_hash, revoked_at FROM upload_tokens ORDER BY id"
    with earlier.begin() as connection:
        khan = "FROM orgs WHERE code = 'khan-motors'"
        add = f"INSERT INTO upload_tokens (org_id, token_hash, revoked_at) SELECT id, :hash, {{}} {khan}"
        connection.execute(text(add.format("NULL")), {"hash": digest.hexdigest()})
        connection.execute(text(add.format("now()")), {"hash": sha256(b"another").hexdigest()})
        before = connection.execute(text(kept)).all()
    upgrade_to_head(earlier)
    with make_session_factory(earlier)() as session:
        system = find_by_secret(session, digest.digest())
        assert system is not None
        assert system.service_account is not None
        assert (system.service_account.org_code, system.service_account.scopes) == ("khan-motors", {"feeds.upload"})
        assert find_by_secret(session, sha256(b"another").digest()) is None
    with earlier.connect() as connection:
        command.downgrade(_config(connection), "0008")
        assert connection.execute(text(kept)).all() == before


def test_no_statement_of_a_migration_may_take_long(earlier: Engine) -> None:
    said: list[str] = []
    event.listen(earlier, "before_cursor_execute", lambda *given: said.append(given[2]))
    upgrade_to_head(earlier)
    first = next(at for at, statement in enumerate(said) if statement.lstrip().startswith(("ALTER", "CREATE")))
    assert {"SET lock_timeout = '4s'", "SET statement_timeout = '60s'"} <= set(said[:first])
    with earlier.connect() as connection:  # and what comes later on the same connection is not cut off
        assert connection.scalar(text("SHOW statement_timeout")) == "0"
