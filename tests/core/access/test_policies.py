"""Each policy lets exactly somebody through: without it that caller loses the rows, and no stranger ever has them."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError, ProgrammingError
from sqlalchemy.orm import Session

from core.access.principal import Principal
from core.access.tenant import platform_step, work_for
from core.db.logins import Login, login_url
from core.db.session import make_engine
from core.db.walls import declared_access
from serving.price_bands.repository import newest_sale_model
from tests.core.access.probes import INVITATION, LOGIN, PROBES, Probe, rows
from tests.core.access.world import (
    ALICE,
    CAROL,
    LISTINGS,
    NOBODY,
    ORGS,
    PAT,
    PEOPLE,
    SAM,
    STRANGER,
    SYSTEM,
    fill,
)

DECLARED = {each.table: each for each in declared_access()}


@pytest.fixture(scope="module")
def filled(admin_engine: Engine) -> Iterator[Session]:
    """The world, in a transaction of the administrator that is never committed; filling it costs more than a test."""
    with Session(admin_engine) as session:
        fill(session)
        session.flush()
        yield session


@pytest.fixture
def world(filled: Session) -> Iterator[Session]:
    """The world as it was filled: what a test changes, policies included, is undone after it."""
    savepoint = filled.begin_nested()
    yield filled
    savepoint.rollback()


def reaches(session: Session, probe: Probe) -> bool:
    """Whether the caller sees a row, or may write the one of the probe."""
    principal, step, statement = probe
    with session.begin_nested() as savepoint:
        session.execute(text(f"SET LOCAL ROLE {Login.APPLICATION}"))
        work_for(session, principal)
        try:
            if step is None:
                return _done(session, statement)
            with platform_step(session, step):
                return _done(session, statement)
        except ProgrammingError as refused:
            if "row-level security" not in str(refused):
                raise
            return False
        finally:
            savepoint.rollback()


def _done(session: Session, statement: str) -> bool:
    if statement.startswith("SELECT"):
        return bool(session.scalar(text(statement)))
    done = session.connection().execute(text(statement))
    return done.rowcount > 0


def test_every_policy_has_a_probe(admin_engine: Engine) -> None:
    with admin_engine.connect() as connection:
        present = connection.execute(text("SELECT tablename, policyname FROM pg_policies")).all()
    assert {tuple(row) for row in present} == set(PROBES)


@pytest.mark.parametrize("policy", PROBES, ids=".".join)
def test_dropping_a_policy_takes_its_rows_away(world: Session, policy: tuple[str, str]) -> None:
    assert reaches(world, PROBES[policy])
    world.execute(text(f"DROP POLICY {policy[1]} ON {policy[0]}"))
    assert not reaches(world, PROBES[policy])


PUBLISHED = {
    "listings",
    "listing_photos",
    "photo_contents",
    "photo_backgrounds",
    "photo_choices",
    "price_bands",
    "orgs",
    "market_index",
    "price_models",
    "sale_models",
    "outbox_offsets",
    "work_claims",
    "popular_searches",
}
READ = [
    name
    for name, each in DECLARED.items()
    if "SELECT" in each.api and each.unrestricted is None and name not in PUBLISHED
]


@pytest.mark.parametrize("table", READ)
@pytest.mark.parametrize("caller", [NOBODY, STRANGER], ids=["nobody", "stranger"])
def test_stranger_sees_no_row_and_no_error(world: Session, table: str, caller: Principal) -> None:
    world.execute(text("DELETE FROM memberships WHERE user_id = :zed"), {"zed": PEOPLE["zed"]})
    world.execute(text("DELETE FROM users WHERE id = :zed"), {"zed": PEOPLE["zed"]})
    assert not reaches(world, (caller, None, rows(table)))


@pytest.mark.parametrize(
    ("caller", "seen"),
    [
        (NOBODY, {"public of b"}),
        (CAROL, {"public of b", "ad of carol"}),
        (PAT, {"public of b"}),
        (SAM, set(LISTINGS)),
        (ALICE, {"public of b", "wholesale of b", "of the trade", "private of a"}),
        (SYSTEM, {"public of b", "wholesale of b", "of the trade", "private of a"}),
    ],
)
def test_listings_are_those_that_the_caller_may_see(world: Session, caller: Principal, seen: set[str]) -> None:
    world.execute(text(f"SET LOCAL ROLE {Login.APPLICATION}"))
    work_for(world, caller)
    found = set(world.scalars(text("SELECT id FROM listings")))
    assert found == {LISTINGS[name][0] for name in seen}
    assert set(world.scalars(text("SELECT listing_id FROM price_bands"))) == found


def test_application_reads_of_sale_models_what_answers_and_no_counts(world: Session) -> None:
    world.execute(text(f"SET LOCAL ROLE {Login.APPLICATION}"))
    assert newest_sale_model(world) == {}
    for column in ("sold", "told", "metrics"):
        with pytest.raises(ProgrammingError, match="permission denied"), world.begin_nested():
            world.execute(text(f"SELECT {column} FROM sale_models"))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE branches SET org_id = '{b}' WHERE org_id = '{a}'",
        "INSERT INTO branches (org_id, code, name) VALUES ('{b}', 'y', 'Y')",
        "INSERT INTO service_accounts (org_id, name, scopes, secret_digest) VALUES ('{b}', 'y', '', 'z')",
        "INSERT INTO memberships (user_id, org_id, role) SELECT user_id, '{b}', role FROM memberships LIMIT 1",
        "INSERT INTO feed_files (org_id, name, mapping, mapping_version, digest, size_bytes, storage_key, received_at)"
        " VALUES ('{b}', 'x', 'x', 1, 'x', 1, 'x', now())",
    ],
)
def test_row_cannot_be_written_for_another_organisation(world: Session, statement: str) -> None:
    assert not reaches(world, (ALICE, None, statement.format(**{name: str(key) for name, key in ORGS.items()})))


def test_pooled_connection_does_not_keep_the_last_caller(database_url: str) -> None:
    """Nor the second transaction, in which the settings are '' and not null, nor a statement that is prepared."""
    engine = make_engine(login_url(database_url, Login.APPLICATION), connections=1)
    asked = text(
        "SELECT pg_backend_pid(), current_setting('automart.person', true), current_setting('automart.orgs', true),"
        " (SELECT count(*) FROM branches), (SELECT count(*) FROM users), (SELECT count(*) FROM idempotent_answers)"
    )
    seen = []
    for turn in range(20):  # past psycopg's threshold for prepared statements
        with Session(engine) as session, session.begin():
            work_for(session, ALICE if turn % 2 else NOBODY)
            seen.append(session.execute(asked).one())
            if turn == 7:
                session.rollback()
    engine.dispose()
    assert len({row[0] for row in seen}) == 1
    assert [row[1] for row in seen[1::2]] == [str(PEOPLE["alice"])] * 10
    assert {row[1] for row in seen[2::2]} == {""}
    assert {tuple(row[3:]) for row in seen} == {(0, 0, 0)}


def test_step_ends_with_its_block_and_after_an_error(world: Session) -> None:
    step = text("SELECT current_setting('automart.step', true)")
    with platform_step(world, LOGIN):
        assert world.scalar(step) == "login"
        with platform_step(world, INVITATION):
            assert world.scalar(step) == "invitation"
        assert world.scalar(step) == "login"
    assert world.scalar(step) == ""


def test_application_that_may_change_listings_tells_of_it_without_rights_on_the_outbox(world: Session) -> None:
    world.execute(text(f"GRANT INSERT, UPDATE, DELETE ON listings TO {Login.APPLICATION}"))
    before = world.scalar(text("SELECT count(*) FROM outbox_events")) or 0
    world.execute(text(f"SET LOCAL ROLE {Login.APPLICATION}"))
    work_for(world, ALICE)
    world.execute(text("UPDATE listings SET price_pkr = 7"))  # those of others are not the caller's to change
    world.execute(text("RESET ROLE"))
    told = world.execute(text("SELECT subject_id FROM outbox_events ORDER BY id DESC LIMIT 1")).scalar_one()
    assert told == LISTINGS["private of a"][0]
    assert world.scalar(text("SELECT count(*) FROM outbox_events")) == before + 1


@pytest.mark.parametrize("column", ["branch_id", "file_id"])
def test_listing_cannot_name_what_is_another_dealers(world: Session, column: str) -> None:
    table = {"branch_id": "branches", "file_id": "feed_files"}[column]
    foreign = f"(SELECT id FROM {table} WHERE org_id = '{ORGS['b']}')"
    with pytest.raises(IntegrityError, match=f"fk_listings_{column}_org_id"):
        world.execute(text(f"UPDATE listings SET {column} = {foreign} WHERE org_id = '{ORGS['a']}'"))
