"""Scores are taught by leads whose end is known, written beside open ones, and taken away where they are no use."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from core.db.session import SessionFactory, transaction
from core.db.tables import Listing
from core.db.tables.leads import Lead
from core.db.tables.leads import LeadScoreModel as Kept
from pipelines.leads.scoring.facts import read_history
from pipelines.leads.scoring.models import newest, score_open, teach, unproven_scores
from serving.leads.past_leads import NUMBER, add_past_leads
from tests.factories.lead_rows import add_lead
from tests.factories.listings import add_listing

_TURN = text("""
UPDATE leads SET state = CASE WHEN extract(epoch FROM created_at)::bigint % 2 = 0 THEN 'won' ELSE 'lost' END
WHERE state IN ('won', 'lost')""")
NOW = datetime(2026, 11, 28, 6, tzinfo=UTC)


def with_past(session: Session) -> None:
    for number in range(40):
        add_listing(session, org=f"dealer-{number % 5}", price_pkr=1_000_000 + 100_000 * number)
    assert add_past_leads(session, NOW, seed=1) == NUMBER
    assert add_past_leads(session, NOW, seed=1) == 0


def test_sample_market_teaches_a_score_that_is_shown_and_opens_no_lead_twice(session_factory: SessionFactory) -> None:
    with transaction(session_factory) as session:
        with_past(session)
        car = session.scalars(select(Listing.id).order_by(Listing.id)).first()
        usual, drive = (add_lead(session, NOW, car_id=car) for _ in range(2))
        usual.type, usual.source, drive.type, drive.query_id = "message", "mail", "test_drive", "q"
        ids = usual.id, drive.id
    opened = partial(transaction, session_factory)
    assert score_open(opened, 100) == 0
    with transaction(session_factory) as session:
        found = teach(session, NOW)
    assert found.beats, found
    assert score_open(opened, 1) == 1
    assert score_open(opened, 100) == 1
    assert score_open(opened, 100) == 0
    with session_factory() as session:
        low, high = (session.get_one(Lead, each).score for each in ids)
        told = session.scalar(
            text("SELECT count(*) FROM outbox_events WHERE topic = 'lead' AND subject_id <> ALL(:ids)"),
            {"ids": list(ids)},
        )
    assert low is not None
    assert high is not None
    assert 0 < low < high < 1
    assert told == 0  # nobody is told of leads of the past
    with transaction(session_factory) as session:  # what was true yesterday is not today: half of the ends are turned
        session.execute(_TURN)
        session.execute(text("UPDATE lead_events SET state = 'won' WHERE kind = 'state'"))
        assert not teach(session, NOW).beats
        kept = newest(session)
        assert kept is not None
        assert (kept.shown, kept.artifact) == (False, {})
    assert score_open(opened, 100) == 0
    with transaction(session_factory) as session:
        assert set(session.scalars(select(Lead.score))) == {None}
        assert unproven_scores(session) == 0
        session.execute(update(Lead).where(Lead.id == ids[0]).values(score=0.5))
        assert unproven_scores(session) == 1


@pytest.mark.parametrize(
    "change",
    [
        "blind_index = NULL",
        "state = 'spam'",
        "created_at = created_at + interval '1 year'",
        "created_at = created_at - interval '2 years'",
    ],
)
def test_erased_buyers_spam_young_and_old_leads_teach_nothing(session: Session, change: str) -> None:
    with_past(session)
    session.execute(text(f"UPDATE leads SET {change} WHERE language = 'ur'"))
    taught = read_history(session, NOW)
    assert set(taught.levels["language"]) == {"en"}
    assert len(taught.won) == session.scalar(text("SELECT count(*) FROM leads WHERE language = 'en'"))


def test_lead_that_was_won_after_its_time_is_not_won(session: Session) -> None:
    with_past(session)
    before = int(read_history(session, NOW).won.sum())
    assert before == session.scalar(text("SELECT count(*) FROM leads WHERE state = 'won'"))
    session.execute(text("UPDATE lead_events SET at = at + interval '31 days' WHERE kind = 'state'"))
    assert read_history(session, NOW).won.sum() == 0


def test_model_holds_no_more_than_weights_of_levels_and_twenty_are_kept(session: Session) -> None:
    with_past(session)
    session.execute(update(Lead).values(sealed_name=b"Bilal", sealed_contact=b"+923001234567"))
    for day in range(22):
        session.add(Kept(shown=False, artifact={}, report={}, trained_at=NOW - timedelta(days=30 - day)))
    session.flush()
    teach(session, NOW)
    kept = session.scalars(select(Kept).order_by(Kept.trained_at.desc())).all()
    assert len(kept) == 20
    assert kept[0].artifact.keys() == {"version", "usual", "weights"}
    levels = {level for named in kept[0].artifact["weights"].values() for level in named}
    assert all(level.replace("_", "").isalnum() and len(level) < 20 for level in levels)
