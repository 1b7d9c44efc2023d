"""Train the model of the chance to be won, keep it with its report, and write its scores beside open leads."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from core.db.locks import lock_name
from core.db.tables.leads import Lead, LeadScoreModel
from models.lead_score.artifact import LeadScoreModel as Weights
from models.lead_score.evaluate import Evaluation, evaluate
from models.lead_score.train import train
from pipelines.leads.scoring.facts import read_history, read_unscored

_KEPT: Final = 20
_LOCK: Final = "lead score model"
_TRIM: Final = text("""
DELETE FROM lead_score_models WHERE id NOT IN (
  SELECT id FROM lead_score_models ORDER BY trained_at DESC, id DESC LIMIT :kept)
""")
_AGAIN: Final = text("""
UPDATE leads SET scored_by = NULL WHERE scored_by IS NOT NULL AND state NOT IN ('won', 'lost', 'spam', 'merged')
""")
_HIDE: Final = text("UPDATE leads SET score = NULL, scored_by = NULL WHERE score IS NOT NULL OR scored_by IS NOT NULL")
_WRITE: Final = text("""
UPDATE leads l SET score = g.score, scored_by = :model
FROM unnest(CAST(:ids AS uuid[]), CAST(:scores AS float8[])) AS g (id, score) WHERE l.id = g.id
""")


def teach(session: Session, now: datetime) -> Evaluation:
    """Judge the model on later leads, and keep one that has learnt from all; it is shown if it beats the base rate.

    A model that does not takes the scores of earlier ones away: they would be no better.
    """
    lock_name(session, _LOCK)
    history = read_history(session, now)
    found = evaluate(history)
    artifact = train(history).as_json() if found.beats else {}
    session.add(LeadScoreModel(shown=found.beats, artifact=artifact, report=asdict(found), trained_at=now))
    session.flush()
    session.execute(_AGAIN if found.beats else _HIDE)
    session.execute(_TRIM, {"kept": _KEPT})
    return found


def newest(session: Session) -> LeadScoreModel | None:
    """Return the model that was trained last, shown or not."""
    order = (LeadScoreModel.trained_at.desc(), LeadScoreModel.id.desc())
    return session.scalars(select(LeadScoreModel).order_by(*order).limit(1)).first()


def unproven_scores(session: Session) -> int:
    """Count the leads that have a score though the newest model is not shown."""
    kept = newest(session)
    if kept is not None and kept.shown:
        return 0
    return session.scalar(select(func.count()).select_from(Lead).where(Lead.score.is_not(None))) or 0


def score_open(transaction: Callable[[], AbstractContextManager[Session]], most: int) -> int:
    """Write the scores of open leads that the shown model has not looked at; return their number."""
    with transaction() as session:
        kept = newest(session)
        model = Weights.from_json(kept.artifact) if kept is not None and kept.shown else None
        if kept is None or model is None:
            return 0
        ids, facts = read_unscored(session, most)
        if ids:
            given: dict[str, Any] = {"ids": ids, "scores": model.scores(facts), "model": kept.id}
            session.execute(_WRITE, given)
        return len(ids)
