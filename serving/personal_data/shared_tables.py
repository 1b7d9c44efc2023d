"""Erase and export a person's rows of the tables that all domains share: kept answers and counters of calls."""

from __future__ import annotations

from typing import Final

from sqlalchemy import delete, func

from core.db.tables.idempotency import IdempotentAnswer
from core.db.tables.personal_data import Erasure
from core.db.tables.rate_limits import RateLimitCounter
from core.declarations import Eraser, Exporter
from core.personal_data.exported_rows import exported_rows
from core.personal_data.subject import Erasing, Exporting, Rows


def _erase_answers(work: Erasing) -> int:
    mine = delete(IdempotentAnswer).where(IdempotentAnswer.person_id == work.subject.user_id)
    return len(work.session.scalars(mine.returning(IdempotentAnswer.id)).all())


def _erase_counters(work: Erasing) -> int:
    """Delete counters that have run out. Their keys are digests that name nobody; none outlives twice its window."""
    old = delete(RateLimitCounter).where(RateLimitCounter.ends_at < func.clock_timestamp())
    return len(work.session.scalars(old.returning(RateLimitCounter.key)).all())


def _answers(work: Exporting) -> Rows:
    mine = IdempotentAnswer.person_id == work.subject.user_id
    return exported_rows(work, IdempotentAnswer, mine, leave_out=("sealed_body",))


def _erasures(work: Exporting) -> Rows:
    return exported_rows(work, Erasure, Erasure.user_id == work.subject.user_id)


ERASERS: Final = (Eraser("kept answers", _erase_answers), Eraser("counters of calls", _erase_counters))
EXPORTERS: Final = (Exporter("idempotent_answers", _answers), Exporter("erasures", _erasures))
