"""Each policy lets exactly somebody through: without it that caller loses the rows, and no stranger ever has them."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError, ProgrammingError
from sqlalchemy.orm import Session

from core.access.principal import Principal
from core.access.tenant import Step, platform_step, work_for
from core.db.logins import Login, login_url
from core.db.session import make_engine
from core.db.walls import declared_access
from tests.core.access.world import (
    ACCOUNT,
    ALICE,
    AMIR,
    CAROL,
    COPIES,
    LISTINGS,
    NOBODY,
    OF_AD,
    ORGS,
    PAT,
    PEOPLE,
    RECORDS,
    SAM,
    STRANGER,
    SYSTEM,
    fill,
)

DECLARED = {each.table: each for each in declared_access()}
Probe = tuple[Principal, Step | None, str]
LOGIN, INVITATION, PHOTO, EXPORT, LEAD = Step.LOGIN, Step.INVITATION, Step.PHOTO, Step.EXPORT, Step.LEAD
_RECORD = "INSERT INTO audit_records (actor_kind, actor, user_id, org_id, action, subject_kind, subject_id) VALUES "
_CONTENT = "INSERT INTO photo_contents (digest, version, touched_at) VALUES ('x', 1, now())"
_EVENT = "INSERT INTO outbox_events (topic, subject_id, kind, org_id, sequence) VALUES ('photo', uuidv7(), 'x', "
_MESSAGE = (
    "INSERT INTO messages (template, language, kind, sealed_recipient, sealed_values, next_attempt_at, created_at)"
    " VALUES ('x', 'en', 'phone', '', '', now(), now())"
)


def rows(where: str) -> str:
    return f"SELECT count(*) FROM {where}"


MONEY = (
    *("ledger_accounts", "ledger_transfers", "ledger_entries", "payment_intents", "payments", "payment_webhooks"),
    *("deposit_refunds", "deposit_disputes", "deposit_payouts", "deposit_tasks", "deposit_desks", "deposit_receipts"),
    *("receipt_series", "payment_entries"),
)
_WEBHOOK = (
    "INSERT INTO webhook_messages (type, org_id, subject_id, sequence, is_public, payload)"
    f" VALUES ('y', '{ORGS['a']}', uuidv7(), 1, false, '{{}}')"
)
PARTNER, CAROLS = rows(f"orgs WHERE id = '{ORGS['partner']}'"), f"'{PEOPLE['carol']}'"
AMIRS = f"'{PEOPLE['amir']}'"
PROBES: dict[tuple[str, str], Probe] = (
    {
        ("orgs", "sellers"): (NOBODY, None, rows(f"orgs WHERE id = '{ORGS['b']}'")),
        ("orgs", "own_org"): (PAT, None, PARTNER),
        ("orgs", "staff"): (SAM, None, PARTNER),
        ("orgs", "invitation_step"): (CAROL, INVITATION, PARTNER),
        ("branches", "own_org"): (ALICE, None, rows("branches")),
        ("branches", "staff"): (SAM, None, rows("branches")),
        ("branches", "invitation_step"): (CAROL, INVITATION, rows("branches")),
        ("users", "own_person"): (CAROL, None, rows("users")),
        ("users", "of_visible_memberships"): (ALICE, None, rows(f"users WHERE id = {AMIRS}")),
        ("users", "staff"): (SAM, None, rows(f"users WHERE id = {CAROLS}")),
        ("users", "login_step"): (NOBODY, LOGIN, rows("users")),
        ("user_contacts", "own_person"): (CAROL, None, rows("user_contacts")),
        ("user_contacts", "of_visible_memberships"): (ALICE, None, rows("user_contacts")),
        ("user_contacts", "staff"): (SAM, None, rows(f"user_contacts WHERE user_id = {CAROLS}")),
        ("user_contacts", "login_step"): (NOBODY, LOGIN, rows("user_contacts")),
        ("logins", "own_person"): (CAROL, None, rows("logins")),
        ("logins", "login_step"): (NOBODY, LOGIN, rows("logins")),
        ("memberships", "own_person"): (Principal(PEOPLE["alice"]), None, rows("memberships")),
        ("memberships", "own_org"): (SYSTEM, None, rows("memberships")),
        ("memberships", "staff"): (SAM, None, rows(f"memberships WHERE org_id = '{ORGS['a']}'")),
        ("memberships", "joining"): (
            CAROL,
            INVITATION,
            f"INSERT INTO memberships (user_id, org_id, role) VALUES ({CAROLS}, '{ORGS['a']}', 'sales_agent')",
        ),
        ("membership_branches", "own_org"): (ALICE, None, rows("membership_branches")),
        ("membership_branches", "staff"): (SAM, None, rows("membership_branches")),
        ("membership_branches", "invitation_step"): (CAROL, INVITATION, rows("membership_branches")),
        ("invitations", "own_org"): (PAT, None, rows("invitations")),
        ("invitations", "staff"): (SAM, None, rows("invitations")),
        ("invitations", "invitation_step"): (CAROL, INVITATION, rows("invitations")),
        ("service_accounts", "own_org"): (ALICE, None, rows("service_accounts")),
        ("service_accounts", "staff"): (SAM, None, rows("service_accounts")),
        ("sessions", "own_person"): (CAROL, None, rows("sessions")),
        ("listings", "public_listings"): (NOBODY, None, rows("listings")),
        ("listings", "trade_listings"): (AMIR, None, rows("listings WHERE visibility = 'wholesale_public'")),
        ("listings", "own_org"): (ALICE, None, rows("listings WHERE visibility = 'private'")),
        ("listings", "staff"): (SAM, None, rows("listings WHERE visibility = 'private'")),
        ("listings", "sellers_own"): (CAROL, None, rows(f"listings WHERE seller_id = {CAROLS}")),
        ("listing_prices", "of_own_listings"): (ALICE, None, rows("listing_prices")),
        ("listing_prices", "staff"): (SAM, None, rows("listing_prices")),
        ("listing_contacts", "of_visible_listings"): (
            NOBODY,
            None,
            "INSERT INTO listing_contacts (event_id, listing_id, device_id)"
            f" VALUES ('{ACCOUNT}', '{LISTINGS['public of b'][0]}', 'x')",
        ),
        ("listing_photos", "of_visible_listings"): (NOBODY, None, rows("listing_photos")),
        ("listing_photos", "own_insert"): (
            ALICE,
            None,
            "INSERT INTO listing_photos (listing_id, content_id, origin, position, public_key)"
            " SELECT listing_id, content_id, origin, 99, 'x' FROM listing_photos WHERE plates = 'pending' LIMIT 1",
        ),
        ("listing_photos", "own_update"): (ALICE, None, "UPDATE listing_photos SET position = 9"),
        ("listing_photos", "own_delete"): (ALICE, None, "DELETE FROM listing_photos"),
        ("listing_photos", "staff"): (SAM, None, rows("listing_photos WHERE plates = 'pending'")),
        ("listing_photos", "photo_step"): (NOBODY, PHOTO, rows("listing_photos WHERE plates = 'pending'")),
        ("photo_contents", "of_visible_listing_photos"): (NOBODY, None, rows("photo_contents")),
        ("photo_contents", "photo_step"): (NOBODY, PHOTO, _CONTENT),
        ("media_iq_jobs", "of_own_photos"): (ALICE, None, rows("media_iq_jobs")),
        ("media_iq_jobs", "staff"): (SAM, None, rows("media_iq_jobs")),
        ("photo_verdicts", "of_own_photos"): (ALICE, None, rows("photo_verdicts")),
        ("photo_verdicts", "staff"): (SAM, None, rows("photo_verdicts")),
        ("listing_media_scores", "of_own_listings"): (ALICE, None, rows("listing_media_scores")),
        ("listing_media_scores", "staff"): (SAM, None, rows("listing_media_scores")),
        ("photo_appeals", "of_own_listings"): (ALICE, None, rows("photo_appeals")),
        ("photo_appeals", "staff"): (SAM, None, rows("photo_appeals")),
        **{(table, "photo_step"): (NOBODY, PHOTO, rows(table)) for table in COPIES},
        ("photo_uploads", "of_own_listings"): (ALICE, None, rows("photo_uploads")),
        ("photo_uploads", "staff"): (SAM, None, rows("photo_uploads")),
        ("photo_uploads", "own_uploads"): (CAROL, None, rows("photo_uploads")),
        ("photo_uploads", "photo_step"): (NOBODY, PHOTO, rows("photo_uploads")),
        ("listing_documents", "of_own_listings"): (ALICE, None, rows("listing_documents")),
        ("listing_documents", "staff"): (SAM, None, rows("listing_documents")),
        ("listing_documents", "own_uploads"): (CAROL, None, rows("listing_documents")),
        ("webhook_endpoints", "own_org"): (ALICE, None, rows("webhook_endpoints")),
        ("webhook_endpoints", "staff"): (SAM, None, rows("webhook_endpoints")),
        ("webhook_deliveries", "of_visible_webhook_endpoints"): (ALICE, None, rows("webhook_deliveries")),
        ("webhook_attempts", "of_visible_webhook_deliveries"): (ALICE, None, rows("webhook_attempts")),
        ("webhook_messages", "of_visible_webhook_deliveries"): (ALICE, None, rows("webhook_messages")),
        ("webhook_messages", "own_org"): (ALICE, None, _WEBHOOK),
        ("webhook_messages", "staff"): (SAM, None, _WEBHOOK),
        ("moderation_cases", "of_own_listings"): (CAROL, None, rows("moderation_cases")),
        ("moderation_cases", "staff"): (SAM, None, rows("moderation_cases")),
        ("moderation_marks", "of_own_listings"): (ALICE, None, rows("moderation_marks")),
        ("moderation_marks", "staff"): (SAM, None, rows("moderation_marks")),
        ("live_streams", "live_step"): (NOBODY, Step.LIVE, rows("live_streams")),
        ("live_events", "live_step"): (NOBODY, Step.LIVE, rows("live_events")),
        ("erasures", "own_person"): (CAROL, None, rows("erasures")),
        ("invitations", "export_step"): (CAROL, EXPORT, rows("invitations")),
        ("price_bands", "of_visible_listings"): (NOBODY, None, rows("price_bands")),
        ("feed_files", "own_org"): (ALICE, None, rows("feed_files")),
        ("feed_files", "staff"): (SAM, None, rows("feed_files")),
        ("audit_records", "own_org"): (SYSTEM, None, rows("audit_records")),
        ("audit_records", "own_person"): (CAROL, None, rows("audit_records")),
        ("audit_records", "staff"): (SAM, None, rows("audit_records")),
        ("audit_records", "system_acts"): (
            SYSTEM,
            None,
            f"{_RECORD.replace('actor,', 'actor, actor_org_id,')}"
            f" ('system', 'erp', '{ORGS['a']}', NULL, '{ORGS['a']}', 'x.y', 'x', '1')",
        ),
        ("audit_records", "persons_acts"): (
            CAROL,
            None,
            f"{_RECORD} ('person', 'x', {CAROLS}, '{ORGS['b']}', 'x.y', 'x', '1')",
        ),
        ("leads", "own_org"): (AMIR, None, rows("leads")),
        ("leads", "sellers_own"): (CAROL, None, rows("leads WHERE blind_index IS NULL")),
        ("leads", "own_contact"): (CAROL, None, rows("leads WHERE blind_index = 'carol'")),
        ("leads", "lead_step"): (NOBODY, LEAD, rows("leads")),
        ("lead_events", "own_org"): (AMIR, None, rows("lead_events WHERE kind = 'note'")),
        ("lead_events", "of_sellers"): (CAROL, None, rows("lead_events WHERE kind = 'note'")),
        ("lead_events", "of_buyers"): (CAROL, None, rows("lead_events WHERE blind_index = 'carol'")),
        ("lead_events", "lead_step"): (NOBODY, LEAD, rows("lead_events WHERE kind = 'note'")),
        ("lead_clocks", "own_org"): (AMIR, None, rows("lead_clocks")),
        ("lead_clocks", "lead_step"): (NOBODY, LEAD, rows("lead_clocks")),
        ("lead_timers", "own_org"): (AMIR, None, rows("lead_timers")),
        ("lead_timers", "lead_step"): (NOBODY, LEAD, rows("lead_timers")),
        ("engagement_aggregates", "own_org"): (ALICE, None, rows("engagement_aggregates")),
        ("engagement_aggregates", "staff"): (SAM, None, rows("engagement_aggregates")),
        ("lead_desks", "own_org"): (AMIR, None, rows("lead_desks")),
        ("lead_desks", "lead_step"): (NOBODY, LEAD, rows("lead_desks")),
        ("outbox_events", "lead_step"): (NOBODY, LEAD, _EVENT.replace("'photo'", "'lead'") + f"'{ORGS['a']}', 1)"),
        ("audit_records", "lead_step"): (
            NOBODY,
            LEAD,
            f"{_RECORD} ('anonymous', 'x', NULL, '{ORGS['b']}', 'leads.create', 'lead', '1')",
        ),
        ("audit_records", "login_step"): (
            NOBODY,
            LOGIN,
            f"{_RECORD} ('person', 'x', {CAROLS}, NULL, 'sessions.start', 'session', '1')",
        ),
        ("audit_records", "refusal_step"): (
            NOBODY,
            Step.REFUSAL,
            f"{_RECORD} ('anonymous', 'x', NULL, NULL, 'access.refuse', 'operation', '1')",
        ),
        ("audit_records", "export_step"): (CAROL, EXPORT, rows(f"audit_records WHERE id = '{RECORDS['about carol']}'")),
        ("outbox_events", "own_org"): (ALICE, None, f"{_EVENT} '{ORGS['a']}', 1)"),
        ("outbox_events", "own_listings"): (CAROL, None, _EVENT.replace("sequence", "sequence, payload") + OF_AD),
        ("outbox_events", "staff"): (SAM, None, f"{_EVENT} '{ORGS['a']}', 1)"),
        ("outbox_events", "deposit_step"): (CAROL, Step.DEPOSIT, f"{_EVENT} '{ORGS['b']}', 1)"),
        ("listings", "deposit_step"): (
            CAROL,
            Step.DEPOSIT,
            f"UPDATE listings SET title = 'x' WHERE id = '{LISTINGS['public of b'][0]}'",
        ),
        ("deposits", "own_person"): (CAROL, None, rows("deposits")),
        ("deposits", "own_org"): (ALICE, None, rows("deposits")),
        ("messages", "known_caller"): (CAROL, None, _MESSAGE),
        ("messages", "login_step"): (NOBODY, LOGIN, _MESSAGE),
        ("idempotent_answers", "own_requests"): (CAROL, None, rows("idempotent_answers")),
        ("work_claims", "everybody"): (NOBODY, None, "SELECT count(loop) FROM work_claims"),
    }
    | {
        (table, "login_step"): (NOBODY, LOGIN, rows(table))
        for table in (
            "sessions",
            "otp_challenges",
            "otp_guesses",
            "known_devices",
            "ended_outside_sessions",
            "spent_proofs",
        )
    }
    | {
        (table, "export_step"): (CAROL, EXPORT, rows(table))
        for table in ("otp_challenges", "otp_guesses", "known_devices", "messages")
    }
    | {(table, "staff"): (SAM, None, rows(table)) for table in (*MONEY, "deposits")}
    | {(table, "deposit_step"): (NOBODY, Step.DEPOSIT, rows(table)) for table in (*MONEY, "deposits")}
    | {("lead_events", "export_step"): (CAROL, EXPORT, rows("lead_events WHERE by_kind = 'person' AND number = 2"))}
    | {
        (table, "everybody"): (NOBODY, None, rows(table))
        for table in ("market_index", "price_models", "outbox_offsets")
    }
)


@pytest.fixture
def world(admin_engine: Engine) -> Iterator[Session]:
    """The world, in a transaction of the administrator that is never committed."""
    with Session(admin_engine) as session:
        fill(session)
        yield session


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
    "price_bands",
    "orgs",
    "market_index",
    "price_models",
    "outbox_offsets",
    "work_claims",
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
