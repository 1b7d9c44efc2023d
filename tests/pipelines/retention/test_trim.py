"""Every declared rule deletes what is too old, in parts, and nothing else; the loop applies all of them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from core.clock import utc_now
from core.db.session import SessionFactory, transaction
from core.declarations import Retention, gather_declarations
from core.outbox.emit import emit
from core.outbox.events import NewEvent
from core.platform import Platform
from core.settings import Settings
from core.storage import Storage
from pipelines.retention.loops import TRIM
from pipelines.retention.trim import trim
from tests.factories.listings import add_listing
from tests.factories.turns import OneTurn

RULES = [rule for each in gather_declarations().values() for rule in each.retention]
DAY = timedelta(days=1)
PERSON = "INSERT INTO users (id) VALUES (:person) ON CONFLICT DO NOTHING"
ADD = {
    "live_events": "INSERT INTO live_events (stream_id, number, role, topic, kind, subject_id, sequence, payload, at,"
    " numbered_at) VALUES (CAST(:id AS uuid), 1, 'org', 'lead', 'created', uuidv7(), 1, 'null', now(), :at)",
    "otp_challenges": "INSERT INTO otp_challenges (purpose, kind, blind_index, sealed, code_digest, expires_at)"
    " VALUES ('login', 'phone', '', '', '', :at)",
    "otp_guesses": "INSERT INTO otp_guesses (blind_index, device, day, wrong) VALUES ('', :id, :at, 1)",
    "known_devices": "INSERT INTO known_devices (blind_index, device, last_login_at) VALUES ('', :id, :at)",
    "ended_outside_sessions": "INSERT INTO ended_outside_sessions (issuer, session, ended_at, expires_at)"
    " VALUES ('i', :id, now(), :at)",
    "listing_contacts": "INSERT INTO listing_contacts (event_id, listing_id, device_id, created_at)"
    " SELECT CAST(:id AS uuid), id, 'd', :at FROM listings LIMIT 1",
    "moderation_cases": "INSERT INTO moderation_cases (listing_id, kind, closed_at, outcome, decided_by)"
    " SELECT id, 'submission', :at, 'approved', 'rules' FROM listings LIMIT 1",
    "moderation_marks": "INSERT INTO moderation_marks (listing_id, sequence, findings, marked_at)"
    " SELECT id, 1, '[]', :at FROM listings WHERE id NOT IN (SELECT listing_id FROM moderation_marks) LIMIT 1",
    "photo_appeals": "WITH content AS (INSERT INTO photo_contents (digest, version, touched_at)"
    " VALUES (convert_to(:id, 'UTF8'), 1, now()) RETURNING id), photo AS (INSERT INTO listing_photos"
    " (listing_id, content_id, origin, position, public_key) SELECT l.id, content.id, 'upload', 1, :id"
    " FROM (SELECT id FROM listings LIMIT 1) l, content RETURNING id, listing_id) INSERT INTO photo_appeals"
    " (listing_id, photo_id, kind, state, decided_at) SELECT listing_id, id, 'unblur', 'refused', :at FROM photo",
    "photo_contests": "WITH content AS (INSERT INTO photo_contents (digest, version, touched_at)"
    " VALUES (convert_to(:id, 'UTF8'), 1, now()) RETURNING id) INSERT INTO photo_contests (content_id,"
    " other_content_id, photo_id, other_photo_id, org_id, other_org_id, reason, state, decided_at)"
    " SELECT c.id, c.id, uuidv7(), uuidv7(), o.id, o.id, 'permitted', 'refused', :at FROM content c,"
    " (SELECT id FROM orgs LIMIT 1) o",
    "feed_requests": "INSERT INTO feed_requests (org_id, kind, asked_by, state, done_at)"
    " SELECT id, 'preview', :id, 'done', :at FROM orgs LIMIT 1",
    "engagement_keys": "INSERT INTO engagement_keys (key, payload, hour, accepted_at, kept_since)"
    " VALUES (CAST(:id AS uuid), 1, now(), now(), :at)",
    "engagement_refusals": "INSERT INTO engagement_refusals (received_at, answer) VALUES (:at, 'duplicate')",
    "engagement_apart_events": "INSERT INTO engagement_apart_events (hour, device, event_id, at, received_at, type,"
    " version, mark, after_close, reason) VALUES (now(), 1, uuidv7(), now(), :at, 'x', 1, 'none', false, 'late')",
    "engagement_devices": "INSERT INTO engagement_devices (device, offset_ms, seen_on)"
    " VALUES (hashtextextended(:id, 0), 0, :at)",
    "engagement_device_days": "INSERT INTO engagement_device_days (device, day, events, views)"
    " VALUES (hashtextextended(:id, 0), :at, 1, 1)",
    "engagement_stamps": "INSERT INTO engagement_stamps (listing_id, until, org_id, make, model)"
    " VALUES (CAST(:id AS uuid), :at, uuidv7(), 'Toyota', 'Yaris')",
    "engagement_funnels": "INSERT INTO engagement_funnels (org_id, dimension, day, key)"
    " VALUES (CAST(:id AS uuid), 'dealer', :at, :id)",
    "payment_webhooks": "INSERT INTO payment_webhooks (provider, digest, body, headers, signature, verdict,"
    " received_at) VALUES ('x', convert_to(:id, 'UTF8'), '', '[]', 'none', 'woke', :at)",
    "spent_proofs": "INSERT INTO spent_proofs (id, expires_at) VALUES (CAST(:id AS uuid), :at)",
    "invitations": "INSERT INTO invitations (org_id, role, kind, sealed, blind_index, token_digest, expires_at)"
    " SELECT id, 'sales_agent', 'phone', '', '', decode(replace(:id, '-', ''), 'hex'), :at FROM orgs LIMIT 1",
    "webhook_messages": "INSERT INTO webhook_messages (type, subject_id, sequence, is_public, payload, created_at)"
    " VALUES ('x', CAST(:id AS uuid), 1, false, '[]', :at)",
    "messages": "INSERT INTO messages (template, language, channel, state, sent_at, next_attempt_at, created_at)"
    " VALUES ('otp_login', 'en', 'sms', 'sent', now(), now(), :at)",
    "idempotent_answers": "INSERT INTO idempotent_answers (operation, key, request_digest, status, sealed_body,"
    " created_at) VALUES ('o', :id, '', 200, '', :at)",
    "recent_searches": "WITH owner AS (INSERT INTO users DEFAULT VALUES RETURNING id)"
    " INSERT INTO recent_searches (user_id, text, words, searched_at) SELECT id, 'x', 'x', :at FROM owner",
    "saved_search_matches": "WITH owner AS (INSERT INTO users DEFAULT VALUES RETURNING id), search AS (INSERT INTO"
    " saved_searches (user_id, name, search, understood, channel, frequency, new_match, price_drop, since, words, keys)"
    " SELECT id, 'x', 'q=x', '{{}}', 'automart', 'off', true, true, now(), 'x', '{{}}' FROM owner RETURNING id)"
    " INSERT INTO saved_search_matches (search_id, listing_id, kind, matched_at, told_at)"
    " SELECT search.id, l.id, 'new', :at, now() FROM search, (SELECT id FROM listings LIMIT 1) l",
    "rate_limit_counters": "INSERT INTO rate_limit_counters (key, ends_at) VALUES (:id, :at)",
    "outbox_subjects": "INSERT INTO outbox_subjects (topic, subject_id, sequence, told_at)"
    " VALUES ('price_band', CAST(:id AS uuid), 7, :at)",
    "sessions": "INSERT INTO sessions (user_id, refreshed_at, expires_at, ended_at) VALUES (:person, now(), {})",
}
OF_LISTINGS = (
    *("listing_contacts", "moderation_cases", "moderation_marks", "photo_appeals", "saved_search_matches"),
    "feed_requests",
)
SESSION_TIMES = {"ended_at": "'infinity', :at", "expires_at": ":at, NULL"}


def add(session: Session, rule: Retention, at: Any, number: int = 1) -> None:
    """Add rows of the rule's table whose time is this."""
    if rule.table in OF_LISTINGS:
        for _ in range(number):
            add_listing(session)
    statement = ADD[rule.table].format(SESSION_TIMES.get(rule.since, ""))
    given = {"person": uuid4(), "at": at}
    session.execute(text(PERSON), given)
    for _ in range(number):
        names = {name: value for name, value in given.items() if f":{name}" in statement}
        session.execute(text(statement), names | ({"id": str(uuid4())} if ":id" in statement else {}))
    session.execute(text("DELETE FROM outbox_subjects WHERE topic = 'listing_contact'"))  # a reveal counts its event


def count(session: Session, rule: Retention) -> int:
    return int(session.execute(text(f"SELECT count(*) FROM {rule.table}")).scalar_one())


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.table}.{rule.since}")
def test_rule_deletes_what_is_too_old_and_keeps_the_rest(session: Session, rule: Retention) -> None:
    now = utc_now()
    add(session, rule, now - rule.age - 2 * DAY, 3)
    add(session, rule, now - rule.age + 2 * DAY, 2)
    assert trim(session, rule, now, most=2) == 2
    assert trim(session, rule, now, most=2) == 1
    assert trim(session, rule, now, most=2) == 0
    assert count(session, rule) == 2


def test_message_that_waits_and_subject_with_an_event_are_kept_at_any_age(session: Session) -> None:
    by_table = {rule.table: rule for rule in RULES}
    waiting = (
        "INSERT INTO messages (template, language, channel, blind_index, sealed_recipient, sealed_values,"
        " next_attempt_at, created_at) VALUES ('otp_login', 'en', 'sms', '', '', '', now(), '2001-01-01')"
    )
    session.execute(text(waiting))
    emit(session, "price_band", NewEvent(uuid4(), "rated"))
    session.execute(text("UPDATE outbox_subjects SET told_at = '2001-01-01'"))
    for name in ("messages", "outbox_subjects"):
        assert trim(session, by_table[name], utc_now()) == 0


def test_event_makes_its_subject_young_again(session: Session) -> None:
    subject = uuid4()
    emit(session, "price_band", NewEvent(subject, "rated"))
    session.execute(text("UPDATE outbox_subjects SET told_at = '2001-01-01'"))
    emit(session, "price_band", NewEvent(subject, "rated"))
    assert session.scalar(text("SELECT told_at = now() FROM outbox_subjects"))


def test_row_that_another_transaction_holds_is_passed_over(session_factory: SessionFactory) -> None:
    rule = next(rule for rule in RULES if rule.table == "rate_limit_counters")
    with transaction(session_factory) as session:
        add(session, rule, utc_now() - DAY, 2)
    with transaction(session_factory) as holder:
        holder.execute(text("SELECT FROM rate_limit_counters LIMIT 1 FOR UPDATE"))
        with transaction(session_factory) as session:
            assert trim(session, rule, utc_now()) == 1
    with transaction(session_factory) as session:
        assert trim(session, rule, utc_now()) == 1


@pytest.fixture
def turn(settings: Settings, session_factory: SessionFactory, storage: Storage) -> Callable[[], bool]:
    start = TRIM.start(Platform(settings, session_factory, storage))
    return lambda: start(OneTurn(session_factory))


def test_loop_applies_all_rules_in_parts_and_says_when_more_waits(
    turn: Callable[[], bool], session_factory: SessionFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction(session_factory) as session:
        for rule in RULES:
            add(session, rule, utc_now() - rule.age - 2 * DAY, 3)
        insert = "INSERT INTO rate_limit_counters (key, ends_at) SELECT g::text, now() - interval '1 day'"
        session.execute(text(f"{insert} FROM generate_series(1, 1500) g"))
    assert turn()
    assert not turn()
    with transaction(session_factory) as session:
        assert {rule.table: count(session, rule) for rule in RULES} == dict.fromkeys(ADD, 0)
